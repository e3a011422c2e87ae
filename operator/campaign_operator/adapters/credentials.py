"""A name for a set of credentials, to keep things apart by: tokens, pools, shared queries. And what is sent of them.

`Connection.hash` is not enough for that: two namespaces can hold the same client id, one of them with a wrong
secret, and what the right one is given must not be handed to the other.
"""

import base64
import hashlib
import secrets

from campaign_operator.domain.dialing.connection import Connection

# New in every process, so that a key, should one ever be shown, cannot be used to try out secrets.
_SALT = secrets.token_bytes(32)


def credentials_key(connection: Connection) -> str:
    """32 hexadecimal digits over a connection with its secret and scope; the same for as long as we run."""
    parts = (connection.hash, connection.client_secret, connection.scope)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(text.encode(), key=_SALT, digest_size=16).hexdigest()


def basic_credentials(connection: Connection) -> str:
    """Client id and secret as HTTP Basic sends them (RFC 7617), without the word before them."""
    return base64.b64encode(f"{connection.client_id}:{connection.client_secret}".encode()).decode()
