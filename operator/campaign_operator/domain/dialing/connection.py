"""A dialer connection as read from its Secret: where the dialer is and who we are there.

Owns the identity of a connection. Knows nothing of Kubernetes Secrets (that is the store adapter's) and sends nothing.
"""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Connection:
    """OAuth client credentials and the two addresses they may be sent to, each in its one spelling.

    The secret and the addresses, of which a path can be one, are left out of `repr`, so that a connection in a log line
    or a traceback gives nothing away.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = field(repr=False)
    api_base_url: str = field(repr=False)
    scope: str
    owner: str = field(default="", compare=False)
    """In whose name it is used, such as the namespace of its Secret; the same connection whoever that is."""

    @property
    def hash(self) -> str:
        """16 hexadecimal digits over token-url, api-base-url and client-id: the place where schedules live.

        client-secret and scope are left out, since rotating them leads to the same schedules.
        """
        return _digits("\n".join((self.token_url, self.api_base_url, self.client_id)))

    @property
    def dialer_hash(self) -> str:
        """16 hexadecimal digits over api-base-url: the dialer, whoever speaks to it."""
        return _digits(self.api_base_url)


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
