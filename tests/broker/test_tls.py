"""TLS with an authority of one's own: trusted when it is named, refused when it is not."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.link import BrokerLink
from plantops_server.stack import ports
from plantops_server.stack.mosquitto import Mosquitto

LOOPBACK = ipaddress.ip_address("127.0.0.1")


class TlsMosquitto(Mosquitto):
    """The private broker with one more listener, as broker/README.md describes it."""

    tls_port = 0

    def configuration(self, plugin: Path | None, user: str | None = None) -> str:
        lines = [f"listener {self.tls_port} 127.0.0.1", f"cafile {self.folder / 'ca.pem'}"]
        lines += [f"certfile {self.folder / 'server.pem'}", f"keyfile {self.folder / 'server.key'}"]
        return super().configuration(plugin, user) + "\n".join(lines) + "\n"


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name | None, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        issuer or subject, subject, key.public_key(), x509.random_serial_number(), now - dt.timedelta(days=1),
        now + dt.timedelta(days=1),
    )  # fmt: skip
    builder = builder.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    if issuer is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def make_certificates(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = certificate("Test CA", authority, None, authority)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "server.pem").write_bytes(certificate("broker", key, ca.subject, authority).public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (folder / "server.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    for file in folder.iterdir():
        file.chmod(0o644)  # Mosquitto may run as another user; the folder is closed


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TlsMosquitto]:
    make_certificates(tmp_path / "mosquitto")
    made = TlsMosquitto(tmp_path / "mosquitto")
    made.tls_port = ports.free_port()
    made.start()
    yield made
    made.stop()


async def test_account_management_and_link_work_over_tls(broker: TlsMosquitto) -> None:
    address = Address("127.0.0.1", broker.tls_port, tls=True, ca_file=broker.folder / "ca.pem")
    admin = Login(broker.admin_username, broker.admin_username, broker.admin_password)
    ingest = Login("plantops-ingest", "plantops-ingest", "secret")
    await DynsecAccounts(ControlChannel(address, admin), [ingest]).reconcile([])
    link = BrokerLink.for_ingest(address, ingest)
    await link.start()
    assert await link.wait_connected(5), link.problem
    await link.stop()


async def test_an_authority_that_nobody_named_is_not_trusted(broker: TlsMosquitto) -> None:
    address = Address("127.0.0.1", broker.tls_port, tls=True)
    link = BrokerLink.for_ingest(address, Login("plantops-ingest", "plantops-ingest", "secret"))
    await link.start()
    assert not await link.wait_connected(1)
    assert "CERTIFICATE_VERIFY_FAILED" in (link.problem or "")
    await link.stop()
