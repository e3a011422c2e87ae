"""All that is fuzzed."""

from typing import Any

from fuzz.dialer_targets import DIALER_TARGETS
from fuzz.http_targets import HTTP_TARGETS
from fuzz.list_targets import LIST_TARGETS
from fuzz.object_targets import OBJECT_TARGETS
from fuzz.target import Target

TARGETS: tuple[Target[Any], ...] = (*DIALER_TARGETS, *HTTP_TARGETS, *OBJECT_TARGETS, *LIST_TARGETS)
