"""Every message says what is to be done, or what the operator does; the runbook shows it as it really is."""

import re
from pathlib import Path

import pytest
from builders import NOW

from campaign_operator.api.conditions import REMEDIES, ConditionType, Reason, find, make, split_remedy
from campaign_operator.api.vocabulary import MAX_CONDITION_MESSAGE
from campaign_operator.domain.status.campaign_events import MAX_NOTE_BYTES, CampaignEvent
from what_to_do import NOTHING_TO_DO, says_what_to_do

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def examples() -> dict[str, list[str]]:
    """The messages that the runbook shows below each reason."""
    _, *parts = re.split(r"^### (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    return {
        reason: [
            line for block in re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL) for line in block.splitlines()
        ]
        for reason, text in zip(parts[0::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_has_a_message(reason: Reason) -> None:
    assert examples()[reason]


@pytest.mark.parametrize("reason", sorted(set(Reason) - NOTHING_TO_DO))
def test_a_message_that_somebody_may_act_on_says_what_to_do(reason: Reason) -> None:
    assert [line for line in examples()[reason] if not says_what_to_do(reason, line)] == []


@pytest.mark.parametrize("reason", sorted(REMEDIES))
def test_the_runbook_shows_the_remedy(reason: str) -> None:
    assert [line for line in examples()[reason] if not line.endswith(REMEDIES[reason])] == []


def test_no_reason_is_in_both() -> None:
    assert NOTHING_TO_DO & {Reason(reason) for reason in REMEDIES} == set()


@pytest.mark.parametrize("reason", sorted(REMEDIES))
@pytest.mark.parametrize("message", ["words", "w" * 9000, "🙂" * 9000], ids=["short", "long", "long in bytes"])
def test_the_remedy_is_there_once_however_long_the_message_is(reason: str, message: str) -> None:
    told = make((), ConditionType.READY, False, reason, message, generation=1, now=NOW)
    again = make((told,), ConditionType.READY, False, reason, told.message, generation=1, now=NOW)
    assert told.message.endswith(f"; {REMEDIES[reason]}")
    assert again == told
    assert len(told.message) <= MAX_CONDITION_MESSAGE
    note = CampaignEvent("Warning", reason, told.message).note
    assert note.count(REMEDIES[reason]) == 1
    assert note.endswith(REMEDIES[reason])
    assert len(note.encode()) <= MAX_NOTE_BYTES


def test_a_message_without_a_remedy_is_as_it_is() -> None:
    assert split_remedy(Reason.ACCEPTED, "the spec is accepted") == ("the spec is accepted", "")
    made = make((), ConditionType.READY, True, Reason.ACCEPTED, "the spec is accepted", generation=1, now=NOW)
    assert find((made,), ConditionType.READY) == made
    assert made.message == "the spec is accepted"
