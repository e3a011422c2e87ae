"""Whatever comes from outside is read, or refused in our own words: a fixed sample of what `make fuzz` tries at random.

Each target says what holds for its reader: it raises nothing but its own errors, comes to one of the documented
outcomes, tells no secret, and takes little time.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.target import Target
from fuzz.targets import TARGETS

SAMPLE = settings(
    max_examples=60,
    deadline=None,  # the target measures CPU time, which does not depend on who else is at work
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_whatever_comes_is_read_or_refused_in_our_words(target: Target[Any]) -> None:
    with target.opened() as check:
        for once_failed in target.found:
            check(once_failed)
        SAMPLE(given(target.inputs)(target.timed(check)))()
