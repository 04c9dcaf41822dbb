"""``plantops web``: a way into the web view, and the view as files that stand alone."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api.errors import ApiError
from plantops_cli import diagnostics, web_link
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.noun import noun

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("The web view: links that log browsers in, and a snapshot as files.")
app.command("link")(web_link.link)

AT_ONCE = 4
"""Files that are fetched at a time: the server has other visitors, too."""

_MARK = "static/plantops.css"
"""The file by which a folder is known as one that an export wrote: anybody's site has an index.html."""
_OURS = re.compile(r"[a-z0-9_-]+(/[A-Za-z0-9_-]+)?\.(html|css|svg)")
"""What a file of a snapshot may be called: nothing that leaves the folder, and nothing that runs."""


@app.command("export")
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made when it is not there.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also into a folder that holds other files.")
    ] = False,
) -> None:
    """Write the web view as files that stand alone.

    The dashboard, every plant over every range with its waterings and limits, the alerts. The pages hold no form, no
    script and no secret, and lead to each other by relative addresses: put the folder on any web server, or open
    index.html. They show names, places, notes and readings: publish what everybody may know.

    \b
    Examples:
      plantops web export ./site
      plantops web export /srv/www/plants --force
    """
    call = invocation(context)
    _check(folder, force=force)
    count = call.ask(lambda client: _fetch(client, folder))
    diagnostics.say(f"Wrote {count} files. Open {folder / 'index.html'}.")


def _check(folder: Path, *, force: bool) -> None:
    """Raises Stop for what is no folder, or one with files that are not of a snapshot."""
    try:
        others = not force and folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists()
    except OSError as problem:
        raise Stop(ExitCode.USAGE, f"{folder} cannot be written to: {problem.strerror}.") from None
    if others:
        raise Stop(ExitCode.USAGE, f"{folder} holds other files.", "Name an empty folder, or add --force.")


async def _fetch(client: PlantOpsClient, folder: Path) -> int:
    """Fetch every file, write it, and take away pages of plants that are no more; how many there are."""
    await client.get_me()  # a token that is not accepted is told in the API's words
    names = [name for name in await client.snapshot_files() if _OURS.fullmatch(name)]
    names.sort(key=lambda name: name != _MARK)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with gate:
            content = await client.snapshot_file(name)
        _write(folder / name, content)

    try:
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name))
    except* (ApiError, Stop) as failed:
        raise failed.exceptions[0] from None
    for page in (folder / "plants").glob("plt_*.html"):
        if f"plants/{page.name}" not in names:
            page.unlink()
    return len(names)


def _write(path: Path, content: bytes) -> None:
    """Raises Stop when the disk does not take it. A page that is there is there whole, at any moment."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as problem:
        raise Stop(ExitCode.FAILURE, f"{path} cannot be written: {problem.strerror}.") from None
