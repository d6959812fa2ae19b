"""Posts events to a listener as Auth0's log streams do."""

from auth0_elastic.send.sender import MIXED, batches, send
from auth0_elastic.send.target import Clock, ListenerRefused, ListenerUnavailable, Summary, Target

__all__ = ["MIXED", "Clock", "ListenerRefused", "ListenerUnavailable", "Summary", "Target", "batches", "send"]
