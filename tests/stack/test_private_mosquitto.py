"""The private Mosquitto, really started: who gets in, what survives, what is said when it cannot run."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from plantops_server import errors
from plantops_server.stack.mosquitto import Mosquitto, find_plugin, find_program
from tests.conftest import Broker
from tests.stack.mqtt_clients import Caller
from tests.stack.stack_builders import processes_on, wait_until

CONTROL = "$CONTROL/dynamic-security/v1"


def command(broker: Broker, *commands: dict[str, object]) -> list[dict[str, object]]:
    """Let the administrator carry out commands; the broker's answers."""
    name = broker.admin_username
    with Caller(broker.port, name, broker.admin_password, name) as admin:
        assert admin.subscribe(f"{CONTROL}/response") == "Granted QoS 1"
        admin.publish(CONTROL, json.dumps({"commands": commands}).encode())
        answers: list[dict[str, object]] = json.loads(admin.wait_for(1)[0])["responses"]
    return answers


def account(name: str, topic: str) -> list[dict[str, object]]:
    """Commands that make an account which may publish, subscribe and receive on ``topic``."""
    kinds = ("publishClientSend", "publishClientReceive", "subscribePattern")
    acls = [{"acltype": kind, "topic": topic, "allow": True} for kind in kinds]
    return [
        {"command": "createRole", "rolename": name, "acls": acls},
        {"command": "createClient", "username": name, "password": "pw", "clientid": name,
         "roles": [{"rolename": name}]},
    ]  # fmt: skip


def wait_for_save(saved: Path) -> None:
    """Wait for two saves from now, the second of which is whole; the broker saves every one to two seconds."""
    for _ in range(2):
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        wait_until(lambda before=before: saved.exists() and saved.stat().st_mtime_ns != before)  # type: ignore[misc]


def listening_ports(pid: int) -> set[int]:
    """TCP ports on which process ``pid`` listens."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the listing
            inodes.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    tables = [Path(f"/proc/net/{kind}").read_text().splitlines() for kind in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}


def test_nobody_gets_in_without_an_account(mosquitto: Broker) -> None:
    for username, password in ((None, None), ("plantops-admin", "wrong"), ("nobody", "pw")):
        with Caller(mosquitto.port, username, password, "plantops-admin") as stranger:
            assert stranger.answer == "Not authorized"


def test_the_administrator_is_bound_to_its_client_id(mosquitto: Broker) -> None:
    with Caller(mosquitto.port, mosquitto.admin_username, mosquitto.admin_password, "other") as caller:
        assert caller.answer == "Not authorized"


def test_the_administrator_manages_accounts_and_can_do_nothing_else(mosquitto: Broker) -> None:
    assert not any("error" in answer for answer in command(mosquitto, *account("reader", "#")))
    name = mosquitto.admin_username
    with Caller(mosquitto.port, "reader", "pw", "reader") as reader:
        assert reader.subscribe("#") == "Granted QoS 1"
        with Caller(mosquitto.port, name, mosquitto.admin_password, name) as admin:
            assert admin.subscribe("plantops/#") == "Not authorized"
            admin.publish("plantops/v1/dev_a/up/telemetry")
        reader.publish("end", b"end")
        assert reader.wait_for(1) == [b"end"]


def test_everything_is_denied_by_default(mosquitto: Broker) -> None:
    access = json.loads((mosquitto.data_dir / "dynamic-security.json").read_text())["defaultACLAccess"]
    assert access == dict.fromkeys(
        ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), False
    )


def test_the_broker_listens_on_its_port_and_on_no_other(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "m")
    broker.start()
    try:
        assert broker.child is not None
        assert listening_ports(broker.child.pid) == {broker.port}
    finally:
        broker.stop()


def test_only_the_owner_can_read_what_the_broker_keeps(mosquitto: Broker) -> None:
    for name in ("admin.password", "dynamic-security.json", "mosquitto.conf"):
        assert stat.S_IMODE((mosquitto.data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(mosquitto.data_dir.stat().st_mode) == 0o700
    assert not any(mosquitto.admin_password in words for words in processes_on(mosquitto.data_dir))


def test_accounts_and_retained_messages_survive_a_restart(mosquitto: Broker) -> None:
    command(mosquitto, *account("dev", "t/#"))
    with Caller(mosquitto.port, "dev", "pw", "dev") as device:
        device.publish("t/config", b"kept", retain=True)
    port = mosquitto.port
    mosquitto.restart()
    assert mosquitto.port == port
    with Caller(mosquitto.port, "dev", "pw", "dev") as device:
        assert device.subscribe("t/#") == "Granted QoS 1"
        assert device.wait_for(1) == [b"kept"]


def test_what_waits_for_an_absent_server_survives_a_killed_broker(mosquitto: Broker) -> None:
    command(mosquitto, *account("ingest", "t/#"), *account("dev", "t/#"))
    with Caller(mosquitto.port, "ingest", "pw", "ingest", session=True) as server:
        server.subscribe("t/#")
    with Caller(mosquitto.port, "dev", "pw", "dev") as device:
        for number in range(1500):  # more than the default limit of 1,000
            device.publish("t/up", b"%d" % number)
    saved = mosquitto.data_dir / "mosquitto.db"
    wait_for_save(saved)
    mosquitto.kill()
    mosquitto.start()
    with Caller(mosquitto.port, "ingest", "pw", "ingest", session=True) as server:
        assert server.wait_for(1500) == [b"%d" % number for number in range(1500)]


def test_a_damaged_state_file_is_made_anew_so_that_the_server_can_restore_the_accounts(
    mosquitto: Broker,
) -> None:
    mosquitto.stop()
    (mosquitto.data_dir / "dynamic-security.json").write_text('{"clients": [')
    mosquitto.start()
    name = mosquitto.admin_username
    with Caller(mosquitto.port, name, mosquitto.admin_password, name) as admin:
        assert admin.answer == "Success"


def test_a_packet_over_128_kib_ends_the_connection_and_is_not_dropped_in_silence(mosquitto: Broker) -> None:
    command(mosquitto, *account("dev", "t/#"))
    with Caller(mosquitto.port, "dev", "pw", "dev") as device:
        device.subscribe("t/#")
        device.publish("t/up", b"x" * 120_000)
        assert len(device.wait_for(1)[0]) == 120_000
        device.publish("t/up", b"x" * 140_000, qos=0)
        assert len(device.wait_for(2, timeout_s=0.5)) == 1


def test_a_taken_port_means_the_next_free_one(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        broker = Mosquitto(tmp_path / "m", port=taken)
        broker.start()
        broker.stop()
    assert broker.wanted_port == taken
    assert taken < broker.port < taken + 100


def test_a_stray_broker_of_an_earlier_run_is_ended_before_the_next_starts(tmp_path: Path) -> None:
    first = Mosquitto(tmp_path / "m")
    first.start()
    later = Mosquitto(tmp_path / "m")
    later.start()
    try:
        assert first.child is not None
        assert first.child.exit_status is not None
    finally:
        later.stop()


def test_a_missing_mosquitto_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(errors.MosquittoMissing, match=r'Install it with ".*mosquitto"') as caught:
        Mosquitto(tmp_path / "m", program=tmp_path / "absent").start()
    assert "PLANTOPS_MQTT_URL" in str(caught.value)


def test_a_missing_plugin_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.MosquittoPluginMissing, match="dynamic-security plugin"):
        find_plugin(find_program(), tmp_path / "absent.so")


def test_a_broker_with_a_password_file_lets_in_whom_the_file_names(
    mosquitto_with_password_file: Broker,
) -> None:
    broker = mosquitto_with_password_file
    salt = b"123456789012"
    digest = base64.b64encode(hashlib.pbkdf2_hmac("sha512", b"pw", salt, 101)).decode()
    broker.stop()
    (broker.data_dir / "password_file").write_text(f"dev:$7$101${base64.b64encode(salt).decode()}${digest}\n")
    broker.start()
    with Caller(broker.port, "dev", "pw", "dev") as device, Caller(broker.port, None, None, "x") as stranger:
        assert (device.answer, stranger.answer) == ("Success", "Not authorized")
