"""The operator, on a machine where some names are not answered: `python slow_names.py run ...`, as the CLI.

A name server that does not answer cannot be had without the rights of an administrator, so `getaddrinfo` is replaced:
it blocks its thread for names under `dead.example` as long as it would with a resolver that tries twice.
"""

import socket
import time
from typing import Any

from campaign_operator.cli import main

DEAD = "dead.example"
_SECONDS = 10.0
_getaddrinfo = socket.getaddrinfo


def _look_up(host: Any, *args: Any, **options: Any) -> Any:
    if str(host).endswith(DEAD):
        time.sleep(_SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _getaddrinfo(host, *args, **options)


if __name__ == "__main__":
    socket.getaddrinfo = _look_up
    main()
