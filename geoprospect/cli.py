"""The command line: init, check, run, review, experiment, list, show. Heavy imports wait inside."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from geoprospect import __version__

if TYPE_CHECKING:
    from rich.console import Console


app = typer.Typer(
    name="geoprospect",
    help="Mineral prospectivity from a folder of survey data: maps, explanations, ranked targets.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else help waits for rich, and its frames need a UTF-8 console
    add_completion=False,
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what each step does.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Threads to work with; all cores if not given."),
]
Memory = Annotated[
    str | None,
    typer.Option("--memory", help="Memory to keep within, such as 2GB, by smaller blocks."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="A Dask scheduler whose workers do the work; inputs and --out must be shared.",
    ),
]


def main() -> NoReturn:
    """Run the command line; errors come out in one screen, without a traceback."""
    from geoprospect.errors import GeoprospectError

    _clean_environment()
    _few_arenas()
    try:
        code = app(standalone_mode=False) or 0
    except typer.Exit as exit_:
        code = exit_.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except GeoprospectError as error:
        _say_error("\n".join([str(error), *getattr(error, "__notes__", [])]))
        code = 1
    except Exception as error:
        if not (hasattr(error, "exit_code") and hasattr(error, "show")):
            raise
        error.show()  # wrong usage
        code = error.exit_code
    if code == 130:
        _say_error("interrupted; the same command goes on where it stopped")
    sys.exit(code)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geoprospect {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Mineral prospectivity from a folder of survey data: maps, explanations, ranked targets."""


@app.command()
def run(
    pipelines: Annotated[list[str], typer.Argument(metavar="PIPELINE...", help="Pipeline files.")],
    out: Annotated[
        str,
        typer.Option(
            help="Run folder, or its URL (s3://bucket/prefix); with several pipelines, "
            "one folder inside it for each."
        ),
    ],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over in an existing folder.")
    ] = False,
    workers: Workers = None,
    memory: Memory = None,
    scheduler: Scheduler = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="en|zh", help="Of the report, the reasons and the figures."
        ),
    ] = None,
    pdf: Annotated[
        bool,
        typer.Option("--pdf", help="Print report.pdf too, with a Chromium, Chrome or Edge."),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run pipelines into a folder: maps, reasons, targets, a report."""
    from geoprospect import pipeline

    limit = pipeline.parsed(memory) if memory else None
    plans = [pipeline.load(path) for path in pipelines]
    folders = pipeline.run_folders(plans, out)
    with _logging(quiet=quiet, verbose=verbose):
        for plan, folder in zip(plans, folders, strict=True):
            with pipeline.bars(_messages(quiet=quiet)) as listener:
                finished = pipeline.run(
                    plan, folder, fresh=fresh, workers=workers, memory=limit,
                    scheduler=scheduler, language=language, pdf=pdf, listener=listener,
                )  # fmt: skip
            if not quiet:
                typer.echo(finished.told())


@app.command()
def init(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Folder of data, of any depth.")],
    out: Annotated[
        str, typer.Option(help="Pipeline file to write; one that is there is left as it is.")
    ] = "pipeline.yaml",
) -> None:
    """Write a first pipeline for a folder of data, with what was guessed and what to decide."""
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from geoprospect import pipeline

    made = pipeline.init(Path(folder), Path(out))
    table = Table("found", "taken for", box=None)
    for name, told in made.guessed:
        table.add_row(name, told)
    Console(markup=False, width=None if sys.stdout.isatty() else 140).print(table, "")
    if made.undecided:
        typer.echo("to decide:")
    for one in made.undecided:
        typer.echo(f"  - {one}")
    state = "it runs as it is" if made.whole else "it does not run until that is decided"
    typer.echo(f"{out}: a first pipeline; {state}. Next: geoprospect check {out}")


@app.command()
def check(
    path: Annotated[str, typer.Argument(metavar="PIPELINE", help="Pipeline file.")],
    report: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.html",
            help="Look at every layer too, and write what they hold into a page to read.",
        ),
    ] = None,
) -> None:
    """Tell what the inputs hold and what a run will write."""
    from rich.console import Console
    from rich.table import Table

    from geoprospect import pipeline

    plan = pipeline.load(path)
    with _logging(quiet=False, verbose=False):
        surveyed = pipeline.check(plan)
    with _logging(quiet=True, verbose=False):  # what opening the inputs has to say is said
        written = pipeline.sizes(plan).to_dict("records")
    table = Table("input", "what", "CRS", "coverage", "nodata", box=None)
    for row in surveyed.to_dict("records"):
        coverage = "" if row["coverage"] != row["coverage"] else f"{row['coverage']:.0%}"
        nodata = "" if row["nodata"] != row["nodata"] else f"{row['nodata']:.1%}"
        table.add_row(row["input"], row["what"], row["crs"], coverage, nodata)
    room = Table("will write", "layers", "values", "at most", box=None)
    for row in written:
        about = "about " if row["about"] else ""
        layers = f"{about}{row['layers']}" if row["type"] else ""
        room.add_row(row["file"], layers, row["type"], f"{about}{row['bytes'] / 1e6:,.1f} MB")
    console = Console(markup=False, width=None if sys.stdout.isatty() else 140)
    console.print(table, "", *([room, ""] if written else []))
    if report is not None:
        from pathlib import Path

        with _logging(quiet=True, verbose=False):
            findings = pipeline.data_report(plan, Path(report))
        for warning in findings.warnings():
            typer.echo(f"  - {warning}")
        typer.echo(f"{report}: {len(findings.layers)} layers, looked at")
    typer.echo(
        f"{path}: all calls are bound ({plan.calls} inputs and features) and every input opens"
    )


@app.command()
def review(
    folder: Annotated[str, typer.Argument(metavar="RUN", help="Run folder to review.")],
    other: Annotated[
        str | None, typer.Argument(metavar="[OTHER]", help="Run folder to compare it with.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the page: en or zh.")] = "en",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for one that is free.")
    ] = 0,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Any other than this machine's own shows the page, "
            "unencrypted, to everyone on that network who has its address."
        ),
    ] = "127.0.0.1",
) -> None:
    """Review targets in the browser: a map, why each is there, decisions, exports."""
    from geoprospect.review import serve

    if language not in ("en", "zh"):
        raise typer.BadParameter(f"{language!r} is neither en nor zh", param_hint="--language")
    with _logging(quiet=False, verbose=False):
        serve(
            folder, other, say=functools.partial(typer.echo, err=False), host=host, port=port,
            language=language, browser=browser,
        )  # fmt: skip


@app.command()
def experiment(
    out: Annotated[str, typer.Option(help="Folder for experiment.csv and experiment.json.")],
    districts: Annotated[int, typer.Option(min=1, help="Made districts to drill on.")] = 50,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first district; the others follow it.")
    ] = 1000,
    language: Annotated[
        str, typer.Option("--language", metavar="en|zh", help="Of the table.")
    ] = "en",
    verbose: Verbose = False,
) -> None:
    """Drill on made districts: how many holes does the plan save, and against what?"""
    from rich.console import Console
    from rich.table import Table

    from geoprospect.language import spoken
    from geoprospect.pipeline import experiment as trials

    with spoken(language):
        with _logging(quiet=not verbose, verbose=verbose):
            found = trials.experiment(districts=districts, seed=seed)
        written = trials.written(found, out)
        table = Table(*trials.heading(), box=None)
        for row in trials.lines(found):
            table.add_row(*row)
        Console(markup=False, width=None if sys.stdout.isatty() else 120).print(table, "")
    for path in written:
        typer.echo(str(path))


@app.command(name="list")
def list_() -> None:
    """List the functions that a pipeline file may use, by kind."""
    from rich.console import Console
    from rich.table import Table

    from geoprospect.registry import KINDS, summary

    console = Console(markup=False, width=None if sys.stdout.isatty() else 120)
    for kind in KINDS:
        table = Table("name", "what it is", title=kind.kind, title_justify="left", box=None)
        for name, function in kind.items():
            table.add_row(name, summary(function))
        console.print(table)
        console.print()


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a function, as in `geoprospect list`.")],
) -> None:
    """Show what a function does and what it takes, from its docstring."""
    import inspect

    from geoprospect.errors import UnknownNameError, did_you_mean
    from geoprospect.registry import KINDS

    found = [(kind.kind, kind[name]) for kind in KINDS if name in kind]
    if not found:
        known = {known for kind in KINDS for known in kind}
        raise UnknownNameError(f"nothing is called {name!r}{did_you_mean(name, known)}")
    for kind_name, function in found:
        signature = str(inspect.signature(function)).replace("'", "")
        typer.echo(f"{kind_name}: {name}{signature}\n\n{inspect.getdoc(function)}\n")


def _say_error(message: str) -> None:
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    typer.echo(
        f"{typer.style('error:', fg='red', bold=True) if colour else 'error:'} {message}", err=True
    )


def _clean_environment() -> None:
    """A PROJ or GDAL folder left in the environment by QGIS or PostGIS breaks the wheels' own."""
    for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH"):
        os.environ.pop(name, None)


def _few_arenas() -> None:
    """
    Let threads share two of glibc's heaps; by itself it makes eight for each core.

    Each keeps what blocks have left in it, which was a quarter of a run's peak memory. Other
    systems' allocators have no such setting.
    """
    import ctypes

    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(OSError, AttributeError):  # musl
            ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 2)


_M_ARENA_MAX = -8


@functools.cache
def _messages(*, quiet: bool) -> Console:
    """Standard error: bars and warnings share it, so that they do not run into each other."""
    from rich.console import Console

    return Console(stderr=True, force_terminal=False if quiet else None)


@contextlib.contextmanager
def _logging(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Warnings (or all, or nothing) of the stages on standard error."""
    from rich.logging import RichHandler

    handler = RichHandler(
        console=_messages(quiet=quiet), show_time=False, show_path=False, rich_tracebacks=False
    )
    handler.setLevel(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
    logger = logging.getLogger("geoprospect")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
