"""The remedies that the plugin shows are the runbook's own words, and every reason has one."""

import json
from pathlib import Path

from campaign_operator.api.conditions import Reason
from kubectl_campaign.remedies import remedy_for
from remedies import read_remedies, render_remedies

ROOT = Path(__file__).parents[2]

RUNBOOK = """
## Going well

### Held

Means: nobody knows. Shown as: `Stalled=True`;
Event, Warning.

```text
an example
```

You see it once.

Do: look at the [dialer](dialer.md). Then [ask again](#make-the-operator-look-again-now):

```console
kubectl get x -n NAMESPACE
```

- one, which is
  long
- two

Recovery: never.

### Refused

Means: no.

Do: nothing.

Recovery: as for [Held](#held).

## Another part
"""


def test_the_file_is_that_of_the_runbook() -> None:
    assert (ROOT / "operator" / "kubectl_campaign" / "remedies.json").read_text() == render_remedies()


def test_every_reason_has_a_remedy_and_every_remedy_a_reason() -> None:
    assert list(json.loads(render_remedies())) == [reason.value for reason in Reason]
    assert all(remedy_for(reason) is not None for reason in Reason)
    assert remedy_for("MoonIsFull") is None


def test_a_section_becomes_what_a_terminal_can_show() -> None:
    found = dict(read_remedies(RUNBOOK))
    assert found["Held"] == {
        "means": "nobody knows.",
        "do": (
            "look at the dialer. Then ask again (`kubectl campaign retry`):\n"
            "$ kubectl get x -n NAMESPACE\n- one, which is long\n- two"
        ),
        "recovery": "never.",
    }
    assert list(found) == ["Held", "Refused"]


def test_a_section_that_refers_to_another_has_its_words() -> None:
    recovery = json.loads(render_remedies())["DialerForbidden"]["recovery"]
    assert recovery.startswith("as for CredentialsRefused.\nThere: within about 45 s of a change of the Secret")


def test_nothing_of_markdown_or_of_a_link_is_left() -> None:
    for reason, parts in json.loads(render_remedies()).items():
        for text in parts.values():
            assert "](" not in text, reason
            assert "```" not in text, reason
