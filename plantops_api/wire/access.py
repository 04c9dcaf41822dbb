"""People, and what proves who they are: passwords, tokens, SSH keys, links."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Name, Request, Response

Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")


class LoginBody(Request):
    """POST /api/auth/login."""

    username: str = Field(min_length=1, max_length=120, examples=["ada"])
    password: str = Field(min_length=1, max_length=500, examples=["a long pass phrase"])


class PasswordBody(Request):
    """POST /api/auth/password: your own new password."""

    current_password: str | None = Field(
        None, max_length=500, repr=False, description="Not needed by whoever has no password yet",
        examples=["a long pass phrase"],
    )  # fmt: skip
    new_password: str = Field(
        min_length=10, max_length=500, repr=False, examples=["another long pass phrase"]
    )


class LoginLinkBody(Request):
    """POST /api/auth/login-links: for yourself, or, as admin, for another user."""

    username: str | None = Field(None, max_length=120, examples=["ada"])


class LoginLink(Response):
    """201: a link that logs a browser in once; shown this once."""

    url: str = Field(examples=["https://plants.example/login?link=…"])
    username: str
    expires_at: datetime


class Me(Response):
    """GET /api/auth/me: who the server thinks you are."""

    username: str
    role: Role
    via: Literal["session", "token"]
    token_name: str | None = None


class UserBody(Request):
    """POST /api/users."""

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["ada"])
    password: str = Field(min_length=10, max_length=500)
    role: Role = "viewer"


class UserPatch(Request):
    """PATCH /api/users/{id}: only the fields that are given change."""

    role: Role | None = Field(None, examples=["operator"])
    password: str | None = Field(None, min_length=10, max_length=500)


class User(Response):
    """A person. ``has_password`` is false for the local admin, who uses a token."""

    id: str
    username: str
    role: Role
    has_password: bool
    created_at: datetime
    last_login_at: datetime | None = None


class TokenBody(Request):
    """POST /api/tokens: an API token for yourself, or, as admin, for another user."""

    name: Name
    role: Role | None = Field(None, description="At most your own; default: your own")
    expires_in_s: int | None = Field(None, ge=60, le=315_360_000, description="Null: until it is revoked")
    username: str | None = None


class Token(Response):
    """An API token without its secret."""

    id: str
    name: str
    username: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class TokenCreated(Token):
    """201: ``token`` is shown this once."""

    token: str


class SshKeyBody(Request):
    """POST /api/users/{id}/ssh-keys: the line of a ``.pub`` file."""

    public_key: str = Field(
        min_length=1, max_length=8192,
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@laptop"],
    )  # fmt: skip


class SshKey(Response):
    """A public key that logs its user in over SSH; ``public_key`` is type and key, ``comment`` stands apart."""

    id: str
    username: str
    fingerprint: str = Field(examples=["SHA256:Xw0kfTnI8l5YFPJ7GkzN7RzsFAS5mVHAcBuR9gGgEXc"])
    key_type: str
    comment: str
    public_key: str
    created_at: datetime
    last_used_at: datetime | None = None


class SshSessionBody(Request):
    """POST /api/ssh-sessions: who proved which key, and from where."""

    username: str = Field(min_length=1, max_length=120, examples=["ada"])
    fingerprint: str | None = Field(
        None,
        max_length=100,
        description="The proved key: it must be this user's, and ends the session when it goes",
    )
    address: str | None = Field(None, max_length=100, examples=["192.0.2.7"])
