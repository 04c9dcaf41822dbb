"""Each way to fail has its own exit status, a sentence on stderr, and nothing on stdout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from plantops_api import errors
from plantops_cli.exit_codes import ExitCode, Stop, exit_code_of
from tests.cli.conftest import Garden, Ran, run_cli

Answered = Callable[..., Ran]


def check(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


async def test_what_is_not_there_is_3(garden: Garden) -> None:
    for noun, *verb in (
        ("plants", "show", "nope"),
        ("plants", "history", "nope"),
        ("plants", "water", "nope"),
        ("plants", "remove", "nope", "--yes"),
        ("devices", "show", "nope"),
        ("alerts", "show", "99"),
        ("alerts", "list", "--plant", "nope"),
        ("users", "remove", "nope", "--yes"),
        ("tokens", "remove", "nope", "--yes"),
        ("enrolment-tokens", "remove", "nope", "--yes"),
        ("species", "show", "nope"),
    ):
        check(await garden(noun, *verb), ExitCode.NOT_FOUND, "There is no", "plantops ")


async def test_wrong_usage_is_2(garden: Garden) -> None:
    for argv in (
        ("plants", "show"),
        ("plants", "list", "--bogus"),
        ("plants", "frobnicate"),
        ("frobnicate",),
        ("plants", "add", "x", "--min", "soil_moisture"),
        ("plants", "add", "x", "--min", "soil_moisture=wet"),
        ("plants", "add", "x", "--min", "soil_moisture=nan"),
        ("plants", "add", "x", "--min", "sunshine=3"),
        ("plants", "add", "x", "--min", "humidity=60", "--max", "humidity=40"),
        ("plants", "history", "x", "--range", "8d"),
        ("plants", "history", "x", "--end", "1d"),
        ("plants", "history", "x", "--start", "someday"),
        ("plants", "list", "--json", "-o", "csv"),
        ("alerts", "show", "one"),
        ("alerts", "snooze", "1", "--for", "soon"),
        ("devices", "register", "--mac", "24"),
        ("devices", "provision", "x"),
        ("tokens", "add", "x", "--role", "king"),
        ("serve", "--only", "everything"),
        ("help", "plants", "frobnicate"),
    ):
        check(await garden(*argv), ExitCode.USAGE)
    for argv, told in (
        (("alerts", "snooze", "1", "--for", "5s"), "how long: must be at least 1 min."),
        (("plants", "water", "x", "--amount-ml", "0"), "'--amount-ml': must be at least 1."),
        (("plants", "unwater", "x", "first"), "must be a whole number."),
    ):
        check(await garden(*argv), ExitCode.USAGE, told)


async def test_a_value_that_the_server_refuses_is_2(garden: Garden) -> None:
    check(await garden("plants", "add", "x", "--notes", "n" * 5000), ExitCode.USAGE)
    check(
        await garden("users", "add", "Not A Name", "--password-stdin", stdin="long enough password\n"),
        ExitCode.USAGE,
    )


async def test_a_name_that_several_have_is_2_and_lists_their_ids(garden: Garden) -> None:
    for _ in range(2):
        await garden("plants", "add", "Fern")

    ran = await garden("plants", "show", "fern")

    check(ran, ExitCode.USAGE, "2 plants are called 'fern'")
    assert ran.err.count("plt_") == 2


async def test_no_token_a_wrong_one_and_a_lesser_role_are_4(garden: Garden, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.token"
    wrong.write_text("po_wrong")

    check(await garden("plants", "list", role=None), ExitCode.NOT_ALLOWED)
    check(await garden("plants", "list", "--token-file", str(wrong)), ExitCode.NOT_ALLOWED)
    check(await garden("plants", "add", "x", role="viewer"), ExitCode.NOT_ALLOWED, "operator")
    check(await garden("users", "list", role="operator"), ExitCode.NOT_ALLOWED, "admin")
    check(
        await garden("plants", "list", "--token-file", str(tmp_path / "none")),
        ExitCode.NOT_ALLOWED,
        "No such file",
    )


def test_nobody_answering_is_5_and_says_what_to_do(environ: dict[str, str], free_port: int) -> None:
    ran = run_cli(("plants", "list", "--url", f"http://127.0.0.1:{free_port}"), environ)

    check(ran, ExitCode.UNREACHABLE, f"http://127.0.0.1:{free_port}", "plantops up")


def test_something_else_that_answers_is_5(answered: Answered) -> None:
    check(answered(lambda _: httpx2.Response(200, html="<p>hello"), "plants", "list"), ExitCode.UNREACHABLE)


def test_an_address_that_is_none_is_2(environ: dict[str, str]) -> None:
    check(run_cli(("plants", "list", "--url", "garden"), environ), ExitCode.USAGE, "http://127.0.0.1:8420")


async def test_a_conflict_is_6(garden: Garden) -> None:
    await garden("users", "add", "ada", "--password-stdin", stdin="long enough password\n")

    again = await garden("users", "add", "ada", "--password-stdin", stdin="long enough password\n")

    check(again, ExitCode.CONFLICT, "ada")


def test_a_fault_of_the_server_is_1(answered: Answered) -> None:
    ran = answered(lambda _: httpx2.Response(500, html="<h1>boom</h1>"), "plants", "list")

    check(ran, ExitCode.FAILURE, "HTTP 500", "log")
    assert "boom" not in ran.err


def test_a_fault_of_our_own_is_1_without_a_traceback_unless_debug(answered: Answered) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError("po_canary")

    ran = answered(broken, "plants", "list")
    check(ran, ExitCode.FAILURE, "ZeroDivisionError", "--debug")
    assert "po_canary" not in ran.err

    debugged = answered(broken, "plants", "list", "--debug")
    assert debugged.code == ExitCode.FAILURE
    assert "Traceback" in debugged.err


def test_an_interruption_is_130(answered: Answered) -> None:
    def pressed(_: httpx2.Request) -> httpx2.Response:
        raise KeyboardInterrupt

    assert answered(pressed, "plants", "list").code == ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop(ExitCode.CONFLICT, "x"), ExitCode.CONFLICT),
        (errors.WrongAddress("x"), ExitCode.USAGE),
        (errors.TooManyRequests("x", status=429), ExitCode.FAILURE),
        (errors.ServerUnavailable("x", status=503), ExitCode.FAILURE),
        (ValueError("x"), ExitCode.FAILURE),
    ],
)
def test_every_error_has_a_status(error: Exception, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_the_servers_own_errors_end_in_the_same_statuses() -> None:
    from plantops_server import errors as server_errors

    running = server_errors.StackAlreadyRunning(data_dir="/x", pid=1, url="http://x")
    assert exit_code_of(running) is ExitCode.CONFLICT
    assert exit_code_of(server_errors.PlantNotFound(id="x")) is ExitCode.NOT_FOUND
    assert exit_code_of(server_errors.MosquittoMissing(command="x")) is ExitCode.FAILURE
