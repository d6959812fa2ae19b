"""Fetches a tenant's logs from the Management API, page by page, into the spool."""

from auth0_elastic.poll.poller import Poller

__all__ = ["Poller"]
