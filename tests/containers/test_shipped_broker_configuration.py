"""broker/mosquitto.conf, really started: only its paths and ports are this machine's."""

from __future__ import annotations

import datetime
import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

from plantops_server.stack import dynsec_state, identity, ports
from plantops_server.stack.child import Child
from plantops_server.stack.identity import SAME
from plantops_server.stack.mosquitto import LIMITS, find_plugin, find_program
from tests.stack.mqtt_clients import Caller
from tests.stack.stack_builders import wait_until

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "broker" / "mosquitto.conf").read_text()


def options(text: str) -> list[tuple[str, str]]:
    """Name and value of each line that is no comment."""
    lines = [line.partition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, value) for name, _, value in lines]


def here(text: str, folder: Path, port: int, tls_port: int) -> str:
    """The shipped text with the paths and ports of this test; each replacement must find its line."""
    replaced = {
        "listener 1883": f"listener {port} 127.0.0.1",
        "plugin /usr/lib/mosquitto_dynamic_security.so": f"plugin {find_plugin(find_program())}",
        "plugin_opt_config_file /mosquitto/data/": f"plugin_opt_config_file {folder}/",
        "persistence_location /mosquitto/data/": f"persistence_location {folder}/",
    }
    if "\nlistener 8883" in text:
        replaced |= {"listener 8883": f"listener {tls_port} 127.0.0.1", "/mosquitto/certs/": f"{folder}/"}
    for shipped, ours in replaced.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    return text


class Started:
    """The shipped configuration on free ports, with the administrator's account alone."""

    def __init__(self, folder: Path, text: str) -> None:
        self.port, self.tls_port = ports.free_port(), ports.free_port()
        (folder / "password").write_text("secret\n")
        dynsec_state.main(
            [str(folder / "dynamic-security.json"), "--password-file", str(folder / "password")]
        )
        config = folder / "mosquitto.conf"
        runs_as = identity.for_servers()
        user = "user root\n" if runs_as.steps_down else ""
        config.write_text(here(text, folder, self.port, self.tls_port) + user)
        self.log = folder / "log"
        argv = [str(find_program()), "-c", str(config)]
        way = ((15, 3.0), (9, 1.0))
        self.child = Child(
            "Mosquitto", argv, log=self.log, identity=SAME if user else runs_as, way=way  # type: ignore[arg-type]
        )  # fmt: skip
        self.child.wait_until(lambda: not ports.is_free("127.0.0.1", self.port), 10)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    broker = Started(tmp_path, SHIPPED)
    yield broker
    broker.child.stop()


def test_the_private_broker_has_the_same_values() -> None:
    own = {"listener", "plugin", "plugin_opt_config_file", "persistence_location", "log_dest", "log_type",
           "log_timestamp_format"}  # fmt: skip
    assert {name: value for name, value in options(SHIPPED) if name not in own} == LIMITS


def test_the_listener_comes_before_every_option_of_listeners() -> None:
    assert options(SHIPPED)[0] == ("listener", "1883")


def test_every_option_has_its_reason_above_it() -> None:
    paragraphs = [block for block in SHIPPED.split("\n\n") if options(block)]
    assert all(block.startswith("# ") and len(options(block)) <= 5 for block in paragraphs)


def test_it_starts_and_lets_in_nobody_without_an_account(started: Started) -> None:
    with Caller(started.port, None, None, "x") as stranger:
        assert stranger.answer == "Not authorized"
    with Caller(started.port, "plantops-admin", "secret", "plantops-admin") as admin:
        assert admin.answer == "Success"
    assert not re.search(r"(?i)error:|warning:|deprecat", started.log.read_text())


def test_the_plugin_takes_commands(started: Started) -> None:
    with Caller(started.port, "plantops-admin", "secret", "plantops-admin") as admin:
        admin.subscribe("$CONTROL/dynamic-security/v1/response")
        admin.publish("$CONTROL/dynamic-security/v1", b'{"commands": [{"command": "listClients"}]}')
        answer = json.loads(admin.wait_for(1)[0])["responses"][0]
    assert answer["data"]["clients"] == ["plantops-admin"]


def test_with_the_tls_lines_uncommented_a_device_that_knows_the_authority_gets_in(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    broker = Started(tmp_path, re.sub(r"(?m)^#(?=\S)", "", SHIPPED))
    try:
        wait_until(lambda: not ports.is_free("127.0.0.1", broker.tls_port))
        assert tls_answer(broker.tls_port, tmp_path / "ca.pem") == "Success"
        with pytest.raises(ssl.SSLCertVerificationError):
            tls_answer(broker.tls_port, None)
    finally:
        broker.child.stop()


def tls_answer(port: int, authority: Path | None) -> str:
    """What the broker says to the administrator over TLS."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "plantops-admin", protocol=mqtt.MQTTv5)
    client.username_pw_set("plantops-admin", "secret")
    client.tls_set(ca_certs=str(authority) if authority else None)
    answers: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(str(reason))
    client.connect("localhost", port)
    client.loop_start()
    wait_until(lambda: answers)
    client.disconnect()
    client.loop_stop()
    return answers[0]


def make_certificates(folder: Path) -> None:
    """An authority (ca.pem) and a certificate of its for localhost (server.pem, server.key)."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def signed(name: x509.Name, public: ec.EllipticCurvePublicKey, extension: x509.ExtensionType) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(authority).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=True)
        builder = builder.not_valid_before(now - datetime.timedelta(1)).not_valid_after(
            now + datetime.timedelta(1)
        )
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    constraints = x509.BasicConstraints(ca=True, path_length=None)
    (folder / "ca.pem").write_bytes(signed(authority, authority_key.public_key(), constraints))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    (folder / "server.pem").write_bytes(signed(server, key.public_key(), names))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
