"""The sandbox's own certificate authority.

Owns a throw-away authority that lives as long as the call that makes it: its key is never written, so nothing
but the one certificate it issued can ever be trusted through it. With it the sandbox's servers speak https
like any other, and the operator needs no switch for "insecure".
"""

import os
from dataclasses import dataclass
from pathlib import Path

import trustme

from campaign_sandbox.listener import TlsFiles

HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class ServerCertificate:
    """PEM files: what a server on this machine proves itself with, and the authority a client is to trust."""

    tls: TlsFiles
    authority: Path


def issue_server_certificate(directory: Path) -> ServerCertificate:
    """Write a new certificate for `HOSTS`, its key and its authority to `directory`, readable by the owner
    alone.

    Files of an earlier issue are replaced. Raises OSError when the directory cannot be written to.
    """
    authority = trustme.CA()
    issued = authority.issue_cert(*HOSTS)
    files = ServerCertificate(
        TlsFiles(certificate=directory / "server.pem", key=directory / "server-key.pem"),
        authority=directory / "authority.pem",
    )
    _write_private(files.tls.certificate, b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    _write_private(files.tls.key, issued.private_key_pem.bytes())
    _write_private(files.authority, authority.cert_pem.bytes())
    return files


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
