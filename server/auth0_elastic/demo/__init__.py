"""The whole product on this machine, for as long as it is looked at: engine, server, a day of events, a summary."""

from auth0_elastic.demo.run import Wish, run

__all__ = ["Wish", "run"]
