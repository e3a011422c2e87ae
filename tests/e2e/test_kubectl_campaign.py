"""`kubectl campaign` as people use it: the real kubectl, API server, operator and dialer."""

import json
from pathlib import Path
from typing import Any

import pytest

from campaign_sandbox.control_plane import ControlPlane
from e2e_world import World, at_the_next_minute, campaign, config_map
from kubectl_campaign.status_wire import SeenStatusWire
from persons_kubectl import Person, account, administrator, cpu_seconds_of_children
from scripted_server import answer, scripted_server
from stage import fault

LONDON, NEW_YORK = "Europe/London", "America/New_York"
MOST_CPU_SECONDS = 0.6


@pytest.fixture
def person(control_plane: ControlPlane, tmp_path: Path) -> Person:
    return administrator(control_plane, tmp_path)


async def held(world: World, namespace: str, name: str = "held") -> str:
    """A campaign with two held windows; the id of its run."""
    manifest = campaign(namespace, name, onUncertain="Hold")
    lost = fault("submit", "reset", campaign_id=manifest["spec"]["campaignID"], times=2)
    await world.simulator.put_faults(lost, campaign_id=manifest["spec"]["campaignID"])
    await world.apply(manifest)
    await world.wait_for_reason(namespace, name, "WindowHeld")
    status = await world.wait_until(
        namespace, name, lambda status: all(w["state"] == "Held" for w in status["runs"][0]["windows"])
    )
    return str(status["runs"][0]["id"])


def windows_of(status: dict[str, Any]) -> dict[str, str]:
    return {w["timeZone"]: w["state"] for w in status["runs"][0]["windows"]}


async def test_what_needs_a_person_is_listed_first(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    well, refused = campaign(namespace, "a-well"), campaign(namespace, "b-forbidden")
    campaign_id = refused["spec"]["campaignID"]
    forbidden = fault("submit", "answer", campaign_id=campaign_id, status=403)
    await world.simulator.put_faults(forbidden, campaign_id=campaign_id)
    await world.apply(well, refused, campaign(namespace, "c-no-secret", connection={"secretRef": {"name": "none"}}))
    await world.wait_for_state(namespace, "a-well", "Scheduled")
    await world.wait_for_reason(namespace, "b-forbidden", "DialerForbidden")
    await world.wait_for_reason(namespace, "c-no-secret", "SecretNotFound")

    answer = await person.campaign("list", "-n", namespace)

    header, *lines = answer.stdout.splitlines()
    assert header.split() == ["NAME", "STATE", "PROGRESS", "NEXT", "RUN", "NEEDS", "WHY"]
    assert [line.split()[0] for line in lines[2:]] == ["a-well"]
    assert {line.split()[0] for line in lines[:2]} == {"b-forbidden", "c-no-secret"}
    assert all(" act " in line for line in lines[:2])
    assert 'SecretNotFound: Secret "none" does not exist' in answer.stdout
    everywhere = await person.campaign("list", "-A")
    assert f"{namespace}  a-well" in everywhere.stdout


async def test_a_status_shows_the_run_zone_by_zone_and_in_json(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    await world.apply(campaign(namespace, "c"))
    await world.wait_for_state(namespace, "c", "Scheduled")

    screen = (await person.campaign("status", "c", "-n", namespace)).stdout
    told = SeenStatusWire.model_validate_json(
        (await person.campaign("status", "c", "-n", namespace, "-o", "json")).stdout
    )

    assert screen.startswith(f"{namespace}/c  Scheduled\n")
    assert "calls  ░░░" in screen
    assert "0 of 2 calls (0%)" in screen
    assert "\x1b" not in screen
    rows = [line.split() for line in screen.splitlines() if line.startswith((LONDON, NEW_YORK))]
    assert [row[0] for row in rows] == [LONDON, NEW_YORK]
    assert [(row[6], row[7]) for row in rows] == [("Submitted", "in"), ("Submitted", "in")]
    assert "next   in " in screen
    assert told.state == "Scheduled"
    assert told.needs == "-"
    assert {w.time_zone: w.state for w in told.runs[0].windows} == dict.fromkeys((LONDON, NEW_YORK), "Submitted")
    assert told.next


async def test_a_watch_without_a_terminal_prints_a_line_for_each_change_and_ends_with_the_campaign(
    world: World, namespace: str, person: Person
) -> None:
    await world.connect(namespace)
    await world.apply(campaign(namespace, "c", suspend=True))
    await world.wait_for_reason(namespace, "c", "Suspended")
    watching = await person.begin("status", "c", "-n", namespace, "--watch")
    assert watching.stdout is not None
    first = (await watching.stdout.readline()).decode()
    await world.kubectl("patch", "ocamp", "c", "-n", namespace, "--type=merge", '--patch={"spec":{"suspend":false}}')
    await world.wait_for_state(namespace, "c", "Scheduled")
    await world.kubectl("delete", "ocamp", "c", "-n", namespace, "--timeout=60s")

    said, errors = await watching.communicate()

    lines = said.decode().splitlines()
    assert f"{namespace}/c Suspended - Ready=True Suspended: " in first
    assert any(f"{namespace}/c Scheduled 0/2 (0%) Ready=True Accepted" in line for line in lines)
    assert any(f"/{LONDON} Submitted " in line for line in lines)
    assert all("Z " in line for line in lines)
    assert (watching.returncode, errors.decode()) == (1, 'error: outboundcampaign "c" is deleted\n')


async def test_why_names_the_rule_its_source_and_the_remedy(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    policy = config_map(namespace, "policy", policy__yaml="start: '08:00'\nend: '11:00'\n")
    hours = {"start": "10:00", "policyFrom": {"configMapKeyRef": {"name": "policy", "key": "policy.yaml"}}}
    await world.apply(policy, campaign(namespace, "c", callingHours=hours))
    await world.wait_for_state(namespace, "c", "Scheduled")

    answer = await person.campaign("why", "c", "london", "-n", namespace)
    well = await person.campaign("why", "c", "-n", namespace)

    assert (
        "DeferredToOpening: outside the calling hours; deferred until they start\n    spec.callingHours: opens at 10:00"
        in (answer.stdout)
    )
    assert (
        "ClippedAtClosing: shortened to end with the calling hours\n    policy policy/policy.yaml: closes at 11:00"
        in (answer.stdout)
    )
    assert well.stdout.startswith(f"Nothing blocks {namespace}/c.\nAccepted: run ")
    nowhere = await person.campaign("why", "c", "Mars/Base", "-n", namespace)
    assert nowhere.stderr == f"error: {namespace}/c has no window in Mars/Base; it has {NEW_YORK}, {LONDON}\n"


async def test_a_person_suspends_resumes_and_asks_again(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    manifest = campaign(namespace, "c")
    await world.apply(manifest)
    await world.wait_for_state(namespace, "c", "Scheduled")

    suspended = await person.campaign("suspend", "c", "-n", namespace)
    assert suspended.stdout.splitlines()[0] == "outboundcampaign.campaign-operator.io/c suspended"
    assert all(s["cancelledAt"] for s in await world.schedules(manifest["spec"]["campaignID"]))

    resumed = await person.campaign("resume", "c", "-n", namespace)
    assert resumed.stdout.splitlines()[0] == "outboundcampaign.campaign-operator.io/c resumed"
    assert "2 windows for 2 contacts" in resumed.stdout
    await world.wait_for_state(namespace, "c", "Scheduled")

    again = await person.campaign("retry", "c", "-n", namespace)
    assert again.stdout.startswith("outboundcampaign.campaign-operator.io/c looked at again\nAccepted: ")
    seen = await world.get(namespace, "c")
    assert seen["status"]["lastHandledRequest"] == seen["metadata"]["annotations"]["campaign-operator.io/requestedAt"]


async def test_a_person_resolves_what_is_held_and_hears_the_answer(
    world: World, namespace: str, person: Person
) -> None:
    await world.connect(namespace)
    run = await held(world, namespace)
    explained = await person.campaign("why", "held", "-n", namespace)
    assert (
        f"$ kubectl campaign resolve held -n {namespace} {run}/{LONDON}=WHAT,{run}/{NEW_YORK}=WHAT" in explained.stdout
    )

    answer = await person.campaign("resolve", "held", "-n", namespace, "london=resubmit", f"{NEW_YORK}=Abandon")

    assert answer.exit_status == 0, answer
    assert answer.stdout.splitlines() == [
        f"Resolved: resolved by a person: {run}/{LONDON}=Resubmit",
        f"Resolved: resolved by a person: {run}/{NEW_YORK}=Abandon",
    ]
    states = {LONDON: "Submitted", NEW_YORK: "Missed"}
    await world.wait_until(namespace, "held", lambda status: windows_of(status) == states)
    twice = await person.campaign("resolve", "held", "-n", namespace, f"{run}/{LONDON}=Abandon")
    assert twice.exit_status == 1
    rejected = f'"{run}/{LONDON}=Abandon": the window is not held, it is Submitted; set the annotation to a new value'
    assert twice.stdout == f"ResolutionRejected: {rejected}\n"
    # the operator has handled this very value, so it must be gone before it is said again
    again = await person.campaign("resolve", "held", "-n", namespace, f"{run}/{LONDON}=Abandon")
    assert again.stdout == twice.stdout
    none = await person.campaign("resolve", "held", "-n", namespace, "London=Abandon")
    assert f"no window of London waits for a person; none of {namespace}/held does" in none.stderr


async def test_a_preview_is_of_the_live_object_and_its_list(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    contacts = config_map(namespace, "list", contacts__csv=f"id,timeZone\na,{LONDON}\nb,{LONDON}\nc,Asia/Tokyo\n")
    source = [{"configMapKeyRef": {"name": "list", "key": "contacts.csv"}}]
    spec: dict[str, Any] = {
        "contacts": None,
        "contactsFrom": source,
        "runPolicy": "Recurring",
        "submitAheadSeconds": 60,
    }
    await world.apply(contacts, campaign(namespace, "c", **spec))
    status = await world.wait_for_state(namespace, "c", "Planned")

    answer = await person.campaign("preview", "c", "-n", namespace, "--runs", "2", "-o", "json")

    assert (answer.exit_status, answer.stderr) == (0, "")
    shown = json.loads(answer.stdout)["runs"]
    assert [run["planHash"] for run in shown][:1] == [status["runs"][0]["planHash"]]
    assert {w["timeZone"]: w["contacts"] for w in shown[1]["windows"]} == {LONDON: 2, "Asia/Tokyo": 1}
    assert shown[1]["id"] > shown[0]["id"]
    picture = await person.campaign("preview", "c", "-n", namespace, "-o", "svg")
    assert picture.stdout.startswith("<svg ")


async def test_a_right_that_is_missing_is_named(world: World, namespace: str, tmp_path: Path) -> None:
    await world.connect(namespace)
    secret_list = {"contacts": None, "contactsFrom": [{"secretKeyRef": {"name": "list", "key": "c.csv"}}]}
    await world.apply(campaign(namespace, "c"), campaign(namespace, "listed", **secret_list))
    await world.wait_for_state(namespace, "c", "Scheduled")
    reader = await account(world.control_plane, namespace, tmp_path, "get,list outboundcampaigns.campaign-operator.io")
    campaigns = "outboundcampaigns.campaign-operator.io"

    # the namespace is that of the kubeconfig's context
    assert (await reader.campaign("list")).stdout.count("\n") == 3
    assert (await reader.campaign("status", "c")).exit_status == 0
    assert (await reader.campaign("why", "c")).exit_status == 0
    assert (await reader.campaign("preview", "c")).exit_status == 0
    expected = {
        ("list", "-A"): f"list {campaigns} in all namespaces; the ClusterRole view has it, or name a namespace with -n",
        ("suspend", "c"): f"patch {campaigns} in namespace {namespace}; the ClusterRole edit has it",
        ("status", "c", "--watch"): f"watch {campaigns} in namespace {namespace}; the ClusterRole view has it",
        ("preview", "listed"): f"get secrets in namespace {namespace}",
        ("status", "c", "-n", "kube-system"): f"get {campaigns} in namespace kube-system; the ClusterRole view has it",
    }
    for args, right in expected.items():
        answer = await reader.campaign(*args)
        assert (answer.exit_status, answer.stderr) == (1, f"error: you need the right to {right}\n")


async def test_a_name_that_is_nearly_right_is_suggested(world: World, namespace: str, person: Person) -> None:
    empty = await person.campaign("status", "spring", "-n", namespace)
    assert empty.stderr == (
        f'error: outboundcampaign "spring" not found in namespace {namespace}; the namespace has no campaigns, and '
        "`kubectl campaign list -A` lists all\n"
    )
    assert "No campaigns found in namespace" in (await person.campaign("list", "-n", namespace)).stderr
    await world.apply(campaign(namespace, "spring-renewals", suspend=True))
    near = await person.campaign("suspend", "spring-renewal", "-n", namespace)
    assert near.stderr == (
        f'error: outboundcampaign "spring-renewal" not found in namespace {namespace}; did you mean spring-renewals?\n'
    )


async def test_kubectl_completes_campaigns_zones_and_what_is_held(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    await held(world, namespace, "held-one")
    assert await person.complete("status", "-n", namespace, "he") == ["held-one"]
    assert await person.complete("why", "-n", namespace, "held-one", "Eu") == [LONDON]
    assert f"{LONDON}=Abandon" in await person.complete("resolve", "-n", namespace, "held-one", "")
    assert namespace in await person.complete("list", "-n", "test-")
    assert set(await person.complete("re")) == {"resume", "retry", "resolve"}


async def test_the_account_comes_from_several_files_a_context_or_a_program(
    world: World, namespace: str, person: Person, tmp_path: Path
) -> None:
    whole = json.loads((await world.kubectl("config", "view", "--raw", "-o", "json")).stdout)
    user = whole["users"][0]
    token = (await world.kubectl("create", "token", "default", "-n", namespace)).stdout.strip()
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}
    (tmp_path / "credential.json").write_text(json.dumps(credential))
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "cat",
        "args": [str(tmp_path / "credential.json")],
        "interactiveMode": "Never",
    }
    cluster = whole["clusters"][0]["name"]
    parts = {
        "clusters": {"clusters": whole["clusters"], "contexts": [], "users": []},
        "users": {
            "clusters": [],
            "users": [user, {"name": "by-program", "user": {"exec": program}}],
            "contexts": [
                {"name": "admin", "context": {"cluster": cluster, "user": user["name"], "namespace": namespace}},
                {"name": "program", "context": {"cluster": cluster, "user": "by-program", "namespace": namespace}},
            ],
            "current-context": "admin",
        },
    }
    for name, part in parts.items():
        (tmp_path / name).write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **part}))
    await world.apply(campaign(namespace, "c", suspend=True))
    several = Person(person.kubectl_path, f"{tmp_path / 'clusters'}:{tmp_path / 'gone'}:{tmp_path / 'users'}", tmp_path)

    assert (await several.campaign("list")).stdout.splitlines()[1].startswith("c ")
    by_program = await several.campaign("list", "--context", "program")
    assert by_program.stderr.startswith("error: you need the right to list outboundcampaigns.campaign-operator.io in")
    assert "nowhere" in (await several.campaign("list", "--context", "nowhere")).stderr
    named = await several.campaign("list", "-n", namespace, "--kubeconfig", str(world.control_plane.kubeconfig_path))
    assert named.stdout.splitlines()[1].startswith("c ")


async def test_an_api_server_that_does_not_answer_is_said_in_one_line(
    world: World, namespace: str, person: Person, tmp_path: Path
) -> None:
    text = world.control_plane.kubeconfig_path.read_text().replace(
        world.control_plane.server_url, "https://127.0.0.1:1"
    )
    (tmp_path / "gone").write_text(text)
    answer = await person.campaign("list", "-n", namespace, "--kubeconfig", str(tmp_path / "gone"))
    said = "cannot be reached: [Errno 111] Connection refused; check the network and --context"
    assert (answer.exit_status, answer.stderr) == (1, f"error: the API server at https://127.0.0.1:1 {said}\n")


async def test_help_and_a_list_are_there_within_six_tenths_of_a_second(
    world: World, namespace: str, person: Person
) -> None:
    """By CPU time, with kubectl's own: the clock of a busy machine says nothing."""
    await world.apply(campaign(namespace, "c", suspend=True))
    for args in (("--help",), ("list", "-n", namespace)):
        took = []
        for _ in range(3):
            before = cpu_seconds_of_children()
            assert (await person.campaign(*args)).exit_status == 0
            took.append(cpu_seconds_of_children() - before)
        assert min(took) < MOST_CPU_SECONDS, args


async def test_a_run_that_calls_is_shown_with_its_progress(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    contacts = [{"id": f"c{n}", "timeZone": LONDON} for n in range(2)]
    await world.apply(campaign(namespace, "c", **at_the_next_minute(contacts=contacts, runPolicy="Once")))
    await world.wait_for_state(namespace, "c", "Completed", 120)
    screen = (await person.campaign("status", "c", "-n", namespace)).stdout
    assert "calls  ██████████████████████████████  2 of 2 calls (100%), " in screen
    assert " left" in screen


async def test_a_watch_on_a_terminal_draws_the_screen_anew_and_leaves_the_last_one(
    world: World, namespace: str, person: Person
) -> None:
    await world.apply(campaign(namespace, "c", suspend=True))
    await world.wait_for_reason(namespace, "c", "SecretNotFound")
    async with person.at_a_terminal(80, 24, "status", "c", "-n", namespace, "--watch") as terminal:
        await terminal.shows("SecretNotFound")
        await world.connect(namespace)
        await terminal.shows("Ready=True")
        terminal.press_ctrl_c()
        await terminal.shows("\x1b[?1049l")
    shown = terminal.output
    assert shown.index("\x1b[?1049h\x1b[?25l") < shown.index("\x1b[H\x1b[J") < shown.index("\x1b[?25h\x1b[?1049l")
    _, _, last = shown.partition("\x1b[?25h\x1b[?1049l")
    assert "Ready=True  Suspended" in last
    assert terminal.exit_status == 130


async def test_no_color_takes_the_colours_from_a_terminal(world: World, namespace: str, person: Person) -> None:
    await world.apply(campaign(namespace, "c", suspend=True))
    await world.wait_for_reason(namespace, "c", "SecretNotFound")
    for environment, is_coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        async with person.at_a_terminal(80, 24, "why", "c", "-n", namespace, environment=environment) as terminal:
            await terminal.shows("Recovery: within about 45 s")
        assert ("\x1b[" in terminal.output) is is_coloured
        assert max(len(line) for line in terminal.output.replace("\r", "").splitlines()) <= 80 + 9 * is_coloured


async def test_a_preview_downloads_a_list_from_here_and_reads_calendars_and_policies(
    world: World, namespace: str, person: Person
) -> None:
    calendar = config_map(namespace, "days", closed__txt="2027-01-01\n")
    policy = config_map(namespace, "hours", policy__yaml="start: '09:30'\nend: '18:00'\n")
    references = {"excludeDatesFrom": ("days", "closed.txt"), "policyFrom": ("hours", "policy.yaml")}
    hours = {field: {"configMapKeyRef": {"name": name, "key": key}} for field, (name, key) in references.items()}
    listed = f"id,timeZone\na,{LONDON}\nb,{LONDON}\n".encode()
    async with scripted_server(answer(200, raw=listed)) as server:
        source = [{"url": {"address": f"{server.url}/spring.csv"}}]
        manifest = campaign(namespace, "c", contacts=None, contactsFrom=source, callingHours=hours, suspend=True)
        await world.apply(calendar, policy, manifest)
        await world.wait_until(namespace, "c", lambda status: bool(status.get("conditions")))
        preview = ("preview", "c", "-n", namespace, "--ca-file", str(server.ca_file))

        refused = await person.campaign(*preview)
        allowed = await person.campaign(*preview, "--allow-cidr", "127.0.0.0/8")

    assert refused.exit_status == 1
    assert "error: ContactsUnreadable: spec.contactsFrom[0]: " in refused.stderr
    assert "--allow-cidr" in refused.stderr
    assert "note: the campaign is suspended; this is what comes when spec.suspend is false\n" in allowed.stderr
    assert f"{LONDON}         2" in allowed.stdout
    assert "09:30-13:30" in allowed.stdout
    assert "        policy hours/policy.yaml: opens at 09:30 on " in allowed.stdout


async def test_a_change_needs_the_rights_that_the_page_says_and_no_other(
    world: World, namespace: str, tmp_path: Path
) -> None:
    await world.connect(namespace)
    run = await held(world, namespace)
    campaigns = "outboundcampaigns.campaign-operator.io"
    changer = await account(world.control_plane, namespace, tmp_path, f"get,watch,patch {campaigns}")

    for command in ("retry", "suspend", "resume"):
        answer = await changer.campaign(command, "held")
        assert (answer.exit_status, answer.stderr) == (0, ""), command
    refused = await changer.campaign("resolve", "held", "London=Abandon")
    assert refused.stderr == f"error: you need the right to list events in namespace {namespace}\n"
    assert "campaign-operator.io/resolve" not in (await world.get(namespace, "held"))["metadata"].get("annotations", {})
    unheard = await changer.campaign("resolve", "held", "London=Abandon", "--timeout", "0")
    assert (unheard.exit_status, unheard.stderr) == (0, "")
    assert unheard.stdout == "outboundcampaign.campaign-operator.io/held annotated\n"

    await world.kubectl("create", "role", "events", "--verb=list,watch", "--resource=events", "-n", namespace)
    bound = ("--role=events", f"--serviceaccount={namespace}:person", "-n", namespace)
    await world.kubectl("create", "rolebinding", "events", *bound)
    await world.wait_until(namespace, "held", lambda status: windows_of(status)[LONDON] == "Missed")
    answer = await changer.campaign("resolve", "held", f"{NEW_YORK}=Abandon")
    assert answer.stdout == f"Resolved: resolved by a person: {run}/{NEW_YORK}=Abandon\n"


async def test_a_suspension_that_stops_nothing_is_no_success(world: World, namespace: str, person: Person) -> None:
    await world.connect(namespace)
    manifest = campaign(namespace, "c")
    campaign_id = manifest["spec"]["campaignID"]
    await world.simulator.put_faults(fault("cancel", "notOffered", campaign_id=campaign_id), campaign_id=campaign_id)
    await world.apply(manifest)
    await world.wait_for_state(namespace, "c", "Scheduled")

    answer = await person.campaign("suspend", "c", "-n", namespace)

    assert answer.exit_status == 1
    assert "c suspended\nCannotCancel: run " in answer.stdout
    assert "it will dial" in answer.stdout
