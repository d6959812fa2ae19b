"""What a command about the log stream ends with, besides the errors of its settings, of Auth0 and of the spool."""

from auth0_elastic.errors import Auth0ElasticError


class StreamUnclear(Auth0ElasticError):
    """Auth0 has no log stream that is ours, or several that could be, or one that points elsewhere."""


class ListenerUnavailable(Auth0ElasticError):
    """No listener answers, or the one that does is not the one of these settings."""

    exit_code = 69
