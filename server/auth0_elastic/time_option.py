"""A time on the command line: 24h means 24 hours ago."""

from datetime import UTC, datetime, timedelta

import click

from auth0_elastic.config.values import parse_look_back, parse_moment


def to_moment(ctx: click.Context, param: click.Parameter, text: str | None) -> datetime | None:
    """The callback of an option; raises click.BadParameter."""
    if text is None:
        return None
    for read in (parse_moment, _ago):
        try:
            return read(text)
        except ValueError:
            continue
    raise click.BadParameter(f"{text!r} is no time; try 24h, 7d or 2026-03-04T12:00:00Z", ctx, param)


def _ago(text: str) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=parse_look_back(text))
