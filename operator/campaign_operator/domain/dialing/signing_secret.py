"""The signing secret of a webhook: `whsec_` and base64, as Standard Webhooks has it, and nothing else.

Owns the form and the bytes to sign with
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme).

Whoever may create a campaign can name any key of any Secret in its namespace and have the signatures sent to a host of
their choice. With a signature, words can be tried on a value that a person chose, such as a database's password, until
one fits. So only what was made to be a signing secret signs: at least 24 bytes, which nobody guesses.
"""

import base64
import binascii
from collections.abc import Mapping

from campaign_operator.domain.dialing.secret_value import SecretValueError

PREFIX = b"whsec_"
SMALLEST_KEY_BYTES = 24
LARGEST_KEY_BYTES = 64


def signing_key(data: Mapping[str, bytes], key: str) -> bytes:
    """The bytes to sign with, from the key of a Secret. Raises SecretValueError, which names the key and the rule and
    nothing of the value.
    """
    if key not in data:
        raise SecretValueError(f"key {key} is missing")
    # an editor or `echo` leaves a newline at the end, which nobody means
    secret = data[key].strip()
    encoded = secret.removeprefix(PREFIX)
    try:
        # many tools leave the padding out
        found = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        found = b""
    if not secret.startswith(PREFIX) or not SMALLEST_KEY_BYTES <= len(found) <= LARGEST_KEY_BYTES:
        # one message for all that can be wrong, so that it tells nothing of a value that is no signing secret
        raise SecretValueError(
            f"key {key} must be {PREFIX.decode()} followed by base64 of {SMALLEST_KEY_BYTES} to {LARGEST_KEY_BYTES} "
            "bytes, as Standard Webhooks defines it"
        )
    return found
