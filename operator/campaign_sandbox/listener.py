"""Where one of the sandbox's servers listens, and the URL that follows from it.

Owns the address and the TLS files. It knows nothing of the server library, so that settings can be read,
checked and shown by a command line that runs without the sandbox's extra.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TlsFiles:
    """The PEM files a server proves itself with."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Listener:
    """An address to listen at. Port 0 lets the system choose a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: TlsFiles | None = None

    def base_url(self, bound_port: int) -> str:
        """The URL, without a slash at its end, under which a server bound to `bound_port` is reached."""
        scheme = "https" if self.tls else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{bound_port}"
