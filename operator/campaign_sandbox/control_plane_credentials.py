"""Who may talk to the control plane, and how its clients know that it is the right one.

Owns the certificate authority of one control plane, the certificates that it issues, and kubeconfig files. Made anew
for each control plane: a client of this one therefore refuses another server that happens to listen on the same port,
such as one left over by a crash. It must not know how the servers are started.
"""

import base64
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
import yaml

from campaign_sandbox.loopback_port import LOOPBACK


@dataclass(frozen=True)
class Credentials:
    """The files that the servers are given, all in one private folder, and what a client needs."""

    ca_path: Path
    ca_pem: str
    server_certificate_path: Path
    server_key_path: Path
    service_account_key_path: Path
    administrator_path: Path  # certificate and key in one file, as ssl.SSLContext.load_cert_chain reads them

    def administrator_context(self) -> ssl.SSLContext:
        """TLS that trusts this control plane and nothing else, with the administrator's certificate."""
        context = ssl.create_default_context(cadata=self.ca_pem)
        context.load_cert_chain(self.administrator_path)
        return context

    def write_administrator_kubeconfig(self, path: Path, server_url: str) -> None:
        """A kubeconfig that may do everything: the group system:masters passes every RBAC check."""
        pem = base64.b64encode(self.administrator_path.read_bytes()).decode()
        self._write_kubeconfig(path, server_url, {"client-certificate-data": pem, "client-key-data": pem})

    def write_token_kubeconfig(self, path: Path, server_url: str, token: str, namespace: str) -> None:
        """A kubeconfig of whoever the bearer token belongs to, `namespace` being its default one."""
        self._write_kubeconfig(path, server_url, {"token": token}, namespace)

    def _write_kubeconfig(self, path: Path, server_url: str, user: dict[str, str], namespace: str = "default") -> None:
        ca = base64.b64encode(self.ca_pem.encode()).decode()
        cluster = {"server": server_url, "certificate-authority-data": ca}
        name = "sandbox"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
            "current-context": name,
        }
        _write_private(path, yaml.safe_dump(config, sort_keys=False).encode())


def issue_credentials(folder: Path) -> Credentials:
    """Make a certificate authority and what it issues for one control plane, in `folder`."""
    authority = trustme.CA(organization_name="campaign-operator sandbox")
    server = authority.issue_cert(LOOPBACK, "localhost")
    administrator = authority.issue_cert(
        "administrator", common_name="administrator", organization_name="system:masters"
    )
    # Signs the tokens of service accounts. A key of its own, since it is no certificate's.
    service_accounts = authority.issue_cert("service-accounts")
    ca_pem = authority.cert_pem.bytes()
    contents = {
        "ca.crt": ca_pem,
        "server.crt": b"".join(blob.bytes() for blob in server.cert_chain_pems),
        "server.key": server.private_key_pem.bytes(),
        "service-accounts.key": service_accounts.private_key_pem.bytes(),
        "administrator.pem": administrator.private_key_and_cert_chain_pem.bytes(),
    }
    for name, content in contents.items():
        _write_private(folder / name, content)
    return Credentials(
        ca_path=folder / "ca.crt",
        ca_pem=ca_pem.decode(),
        server_certificate_path=folder / "server.crt",
        server_key_path=folder / "server.key",
        service_account_key_path=folder / "service-accounts.key",
        administrator_path=folder / "administrator.pem",
    )


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, also before its content is in it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
