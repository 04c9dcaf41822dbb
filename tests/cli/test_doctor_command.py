"""doctor looks at a real server and tries the broker's locks for real."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from plantops_cli import broker_probe, checkup
from plantops_cli.broker_probe import Broker, Login, NoAnswer
from plantops_cli.exit_codes import Stop
from tests.cli.conftest import NOW, Ran, run_cli
from tests.fake_vendors import UNAUTHORIZED, FakeVendors
from tests.running_server import Running


def environ_of(server: Running) -> dict[str, str]:
    return {
        "PLANTOPS_URL": server.url,
        "PLANTOPS_TOKEN_FILE": str(server.token_file),
        "PLANTOPS_DATA_DIR": str(server.settings.data_dir),
    }


def examined(environ: dict[str, str], *argv: str) -> tuple[dict[str, str], Ran]:
    """The result of each check, and the run; the clock is the real one."""
    from plantops_cli.invocation import _utc_now

    ran = run_cli(("doctor", "--json", *argv), environ, clock=_utc_now)
    return {finding["check"]: finding["result"] for finding in json.loads(ran.out)}, ran


def test_a_healthy_installation_is_ok_throughout(server: Running) -> None:
    results, ran = examined(environ_of(server))

    assert ran.code == 0, ran.out + ran.err
    assert results == {
        "server": "ok", "version": "ok", "database": "ok", "broker": "ok", "ingest": "ok", "outbox": "ok", "disk": "ok",
        "clock": "ok", "token": "ok", "notifications": "warn", "advisor": "ok", "anonymous mqtt": "ok",
        "enrolment": "ok", "foreign topics": "ok", "revocation": "ok",
    }  # fmt: skip
    assert "settings notifications set" in ran.err  # how to mend the warning
    assert server.admin_token not in ran.out + ran.err


def test_a_model_that_would_not_answer_is_a_warning_with_its_reason(
    server: Running, fake_vendors: FakeVendors
) -> None:
    body = {
        "provider": "openai-compatible", "model": "llama3.2", "api_key": "sk-canary-0123456789abcd",
        "base_url": fake_vendors.url_for("openai-compatible"),
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    httpx2.put(f"{server.url}/api/settings/llm", json=body, headers=headers).raise_for_status()
    results, ran = examined(environ_of(server), "--no-probe")
    assert results["advisor"] == "ok"

    fake_vendors.script(UNAUTHORIZED)
    results, ran = examined(environ_of(server), "--no-probe")

    assert (results["advisor"], ran.code) == ("warn", 0)
    assert "rejects the key" in ran.out
    assert "canary" not in ran.out + ran.err


def test_the_probe_leaves_nothing_behind(server: Running) -> None:
    examined(environ_of(server))

    for noun in ("devices", "enrolment-tokens"):
        left = json.loads(run_cli((noun, "list", "--json"), environ_of(server)).out)
        assert [thing for thing in left if thing["name"] == "plantops doctor"] == []


def test_without_the_right_role_the_probe_is_a_warning(server: Running, tmp_path: Path) -> None:
    environ = environ_of(server)
    file = tmp_path / "viewer.token"
    run_cli(("tokens", "add", "viewer", "--role", "viewer", "--out", str(file)), environ)

    results, ran = examined({**environ, "PLANTOPS_TOKEN_FILE": str(file)})

    assert results["enrolment"] == "warn"
    assert ran.code == 0


def test_a_wrong_token_fails_and_the_rest_is_still_examined(server: Running, tmp_path: Path) -> None:
    file = tmp_path / "wrong.token"
    file.write_text("po_wrong")

    results, ran = examined(
        {**environ_of(server), "PLANTOPS_TOKEN_FILE": str(file)}, "--broker", server.broker.url
    )

    assert results["token"] == "fail"
    assert results["anonymous mqtt"] == "ok"
    assert ran.code == 1


def test_a_server_that_does_not_answer_is_5(environ: dict[str, str], free_port: int) -> None:
    results, ran = examined({**environ, "PLANTOPS_URL": f"http://127.0.0.1:{free_port}"})

    assert results["server"] == "fail"
    assert ran.code == 5
    assert "plantops up" in ran.err


@contextmanager
def open_broker(folder: Path, port: int) -> Iterator[Broker]:
    """A Mosquitto that lets anybody in and do anything."""
    config = folder / "open.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(["mosquitto", "-c", config], stderr=subprocess.DEVNULL)
    try:
        broker = Broker("127.0.0.1", port)
        for _ in range(100):
            try:
                broker_probe.lets_in(broker, None)
                break
            except NoAnswer:
                continue
        yield broker
    finally:
        process.terminate()
        process.wait(5)


def test_a_broker_that_lets_anybody_in_fails(server: Running, tmp_path: Path, free_port: int) -> None:
    with open_broker(tmp_path, free_port) as broker:
        results, ran = examined(environ_of(server), "--broker", str(broker))

    assert results["anonymous mqtt"] == "fail"
    assert results["foreign topics"] == "fail"
    assert ran.code == 1
    assert "allow_anonymous false" in ran.err


def test_a_broker_that_cannot_be_reached_is_a_warning(server: Running, free_port: int) -> None:
    results, _ = examined(environ_of(server), "--no-probe", "--broker", f"mqtt://127.0.0.1:{free_port}")

    assert results["anonymous mqtt"] == "warn"


@pytest.mark.parametrize("typed", ["", "http://x", "mqtt://", "mqtt://x:99999"])
def test_what_is_no_broker_is_said(typed: str) -> None:
    with pytest.raises(Stop):
        checkup.typed_broker(typed)


def test_a_broker_may_be_typed_without_its_scheme() -> None:
    assert checkup.typed_broker("garden:1884") == Broker("garden", 1884)
    assert checkup.typed_broker("mqtts://garden") == Broker("garden", 8883, tls=True)


def test_credentials_have_no_password_in_their_repr() -> None:
    assert "canary" not in repr(Login("a", "b", "canary"))


@pytest.mark.parametrize(
    ("ahead_s", "result"), [(0, "ok"), (20, "warn"), (-20, "warn"), (600, "fail"), (-600, "fail")]
)
def test_clocks_that_differ_are_told(answered: Callable[..., Ran], ahead_s: int, result: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/readyz":
            return httpx2.Response(200, json={"ready": True, "version": "0.1.0", "checks": {}})
        date = (NOW + timedelta(seconds=ahead_s)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return httpx2.Response(200, headers={"Date": date}, json={"channels": []})

    ran = answered(answer, "doctor", "--no-probe", "--json")

    assert next(f for f in json.loads(ran.out) if f["check"] == "clock")["result"] == result


def test_another_version_is_a_warning(answered: Callable[..., Ran]) -> None:
    body = {"ready": True, "version": "9.9.9", "checks": {}, "channels": []}

    ran = answered(lambda _: httpx2.Response(200, json=body), "doctor", "--no-probe", "--json")

    assert next(f for f in json.loads(ran.out) if f["check"] == "version")["result"] == "warn"


def test_what_the_server_lacks_fails_with_a_way_out(answered: Callable[..., Ran]) -> None:
    checks = {"database": {"ok": False, "detail": "down"}, "disk": {"ok": True, "detail": "fine"}}
    body = {"ready": False, "version": "0.1.0", "checks": checks, "channels": []}

    ran = answered(lambda _: httpx2.Response(503, json=body), "doctor", "--no-probe")

    assert ran.code == 1
    assert "database: Check that PostgreSQL runs" in ran.err
