"""A real IMAP server (pymap, in memory) with a certificate of its own authority, for tests of mailboxes."""

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "cash", "s3cret-of-the-mailbox"


class ImapServer:
    """A server that runs; `certificate` is the file to trust it by."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.port = port
        self.certificate = certificate

    def deliver(self, content: bytes, folder: str = "INBOX") -> None:
        """Put a mail into the mailbox, as a mail server does."""
        with self.session() as imap:
            imap.append(folder, "", imaplib.Time2Internaldate(time.time()), content)

    def numbers(self) -> bytes:
        """The unseen mails: what reading must not change."""
        with self.session() as imap:
            imap.select("INBOX", readonly=True)
            answer: bytes = imap.search(None, "UNSEEN")[1][0]
            return answer

    def read_up_to(self) -> tuple[int, int]:
        """UIDVALIDITY and the newest mail's number, for a mailbox that begins here."""
        with self.session() as imap:
            imap.select("INBOX", readonly=True)
            validity = imap.response("UIDVALIDITY")[1][0]
            return int(validity or 0), max(map(int, imap.uid("SEARCH", "UID 1:*")[1][0].split()))

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """Logged in."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        try:
            imap.login(USER, PASSWORD)
            yield imap
        finally:
            imap.logout()


@contextmanager
def imap_server(place: Path) -> Iterator[ImapServer]:
    """Start one; it ends with the block."""
    certificate, key = _certificate(place)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bounds = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--cert",
        str(certificate),
        "--key",
        str(key),
        "--no-service",
        "managesieve",
        "--no-service",
        "admin",
    ]
    command = [
        sys.executable,
        "-c",
        "from pymap.main import main; main()",
        *bounds,
        "dict",
        "--demo-data",
        "--demo-user",
        USER,
        "--demo-password",
        PASSWORD,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(port, process)
        yield ImapServer(port, certificate)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise AssertionError("the IMAP server did not start")


def _certificate(place: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test mail")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, secret = place / "mail.pem", place / "mail.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )  # fmt: skip
    return certificate, secret
