"""The series by campaign: of each by its name, or summed by namespace, and gone with the campaign."""

import structlog

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.status.figures import CampaignFigures, RunFigures
from campaign_operator.observability.campaign_metrics import CampaignMetrics

ONE, OTHER, ELSEWHERE = (CampaignRef("sales", "one"), CampaignRef("sales", "other"), CampaignRef("support", "one"))

Series = dict[tuple[str, ...], float]


def figures(**changes: object) -> CampaignFigures:
    fields: dict[str, object] = {
        "campaign_id": "c9f0f895",
        "run_policy": "Recurring",
        "state": "Running",
        "is_ready": True,
        "run": RunFigures(50, 37, 41, first_start=1000.0, last_end=9000.0),
        "windows": tuple({WindowState.SUBMITTED: 2, WindowState.HELD: 1}.get(state, 0) for state in WindowState),
        "next_run": 20_000.0,
        "last_run_end": 500.0,
    }
    return CampaignFigures(**{**fields, **changes})  # type: ignore[arg-type] # each test names them rightly


def series(found: CampaignMetrics, name: str, *, zeros: bool = False) -> Series:
    """The samples of one metric, by the values of their labels in the order of their names."""
    samples = [s for piece in found.pieces() for s in piece.samples if s.name == f"campaign_operator_{name}"]
    return {tuple(s.labels[label] for label in sorted(s.labels)): s.value for s in samples if zeros or s.value}


def register(*known: tuple[CampaignRef, CampaignFigures], **options: bool | int) -> CampaignMetrics:
    found = CampaignMetrics(**options)  # type: ignore[arg-type] # as above
    for ref, its in known:
        found.note(ref, its)
    return found


def test_each_campaign_has_series_with_its_namespace_and_name() -> None:
    found = register((ONE, figures()), (ELSEWHERE, figures(run_policy="Once", run=None)))
    assert series(found, "campaign_info") == {
        ("c9f0f895", "one", "sales", "Recurring"): 1,
        ("c9f0f895", "one", "support", "Once"): 1,
    }
    assert series(found, "run_completed_calls") == {("one", "sales"): 37}
    assert series(found, "run_expected_calls") == {("one", "sales"): 50}
    assert series(found, "run_attempted_calls") == {("one", "sales"): 41}
    assert series(found, "run_first_start_timestamp_seconds") == {("one", "sales"): 1000}
    assert series(found, "run_last_end_timestamp_seconds") == {("one", "sales"): 9000}


def test_the_state_is_one_of_all_states() -> None:
    found = register((ONE, figures()))
    assert series(found, "campaign_state") == {("one", "sales", "Running"): 1}
    assert len(series(found, "campaign_state", zeros=True)) == 11


def test_a_campaign_without_a_state_has_none() -> None:
    assert series(register((ONE, figures(state=None))), "campaign_state") == {}


def test_windows_have_a_series_for_each_state() -> None:
    found = register((ONE, figures()))
    assert series(found, "windows") == {("one", "sales", "Submitted"): 2, ("one", "sales", "Held"): 1}
    assert len(series(found, "windows", zeros=True)) == len(WindowState)


def test_the_reason_is_there_only_while_a_campaign_is_not_ready() -> None:
    found = register(
        (ONE, figures()), (OTHER, figures(is_ready=False, is_stalled=True, unready_reason="SecretNotFound"))
    )
    assert series(found, "campaign_unready_reason") == {("other", "sales", "SecretNotFound"): 1}
    assert series(found, "campaign_ready", zeros=True) == {("one", "sales"): 1, ("other", "sales"): 0}
    assert series(found, "campaign_stalled", zeros=True) == {("one", "sales"): 0, ("other", "sales"): 1}


def test_what_is_not_known_has_no_series() -> None:
    found = register((ONE, figures(run=None, windows=(), next_run=None, last_run_end=None)))
    for name in ("windows", "run_expected_calls", "next_run_timestamp_seconds", "last_run_end_timestamp_seconds"):
        assert series(found, name, zeros=True) == {}
    assert series(found, "webhook_pending", zeros=True) == {("one", "sales"): 0}


def names_in(found: CampaignMetrics) -> set[str]:
    """The names of the campaigns of which anything is told."""
    return {s.labels["name"] for family in found.pieces() for s in family.samples}


def test_a_campaign_that_is_forgotten_has_no_series() -> None:
    found = register((ONE, figures()), (OTHER, figures()))
    found.forget(ONE)
    found.forget(ONE)
    assert names_in(found) == {"other"}


def test_a_replica_that_leads_no_longer_has_none_and_takes_none() -> None:
    found = register((ONE, figures()))
    found.end()
    found.note(OTHER, figures())
    assert names_in(found) == set()


def test_by_namespace_no_label_names_a_campaign() -> None:
    late = RunFigures(10, 1, 2, first_start=700.0, last_end=8000.0)
    found = register(
        (ONE, figures()),
        (OTHER, figures(run=late, next_run=15_000.0, last_run_end=900.0, webhook_is_pending=True)),
        (ELSEWHERE, figures(state="Planned", run=None)),
        per_campaign=False,
    )
    labels = {label for family in found.pieces() for sample in family.samples for label in sample.labels}
    assert labels == {"namespace", "run_policy", "state"}
    assert series(found, "campaign_info") == {("sales", "Recurring"): 2, ("support", "Recurring"): 1}
    assert series(found, "campaign_state") == {("sales", "Running"): 2, ("support", "Planned"): 1}
    assert series(found, "run_completed_calls") == {("sales",): 38}
    assert series(found, "run_first_start_timestamp_seconds") == {("sales",): 700}
    assert series(found, "run_last_end_timestamp_seconds") == {("sales",): 9000}
    assert series(found, "next_run_timestamp_seconds") == {("sales",): 15_000, ("support",): 20_000}
    assert series(found, "last_run_end_timestamp_seconds") == {("sales",): 900, ("support",): 500}
    assert series(found, "webhook_pending", zeros=True) == {("sales",): 1, ("support",): 0}
    assert series(found, "windows")[("sales", "Submitted")] == 4


def test_too_many_campaigns_are_summed_by_namespace_for_good_and_the_log_says_so_once() -> None:
    with structlog.testing.capture_logs() as logged:
        found = register(most_campaigns=2)
        for number in range(2):
            found.note(CampaignRef("sales", f"campaign-{number}"), figures())
        assert names_in(found) == {"campaign-0", "campaign-1"}
        for number in range(2, 5):
            found.note(CampaignRef("sales", f"campaign-{number}"), figures())
        for number in range(4):
            found.forget(CampaignRef("sales", f"campaign-{number}"))
    assert series(found, "campaign_ready") == {("sales",): 1}
    assert [line["most_campaigns"] for line in logged] == [2]
