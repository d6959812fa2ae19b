"""Every error this product raises on purpose.

Auth0ElasticError
├── ConfigError          a setting is missing or wrong; the message names key, value and remedy
├── PackageError         the files under package/ contradict each other or cannot be read
├── MissingTool          a program that has to be installed first (java, mvn)
├── EngineError
│   ├── EngineUnavailable   no answer: refused, timed out, broken off, TLS not trusted
│   └── EngineRefused       an answer with a status of 400 or more
├── Auth0Error
│   ├── Auth0Unavailable    no answer: refused, timed out, broken off, or 5xx and 429 for too long
│   └── Auth0Refused        an answer with a status of 400 or more that asking again would not change
├── SetupRefused         the cluster holds something that setup must not overwrite or remove
├── SpoolError
│   ├── SpoolFull           live content has reached its limit; the sender should come back later
│   └── SpoolLocked         another process owns the spool
└── RequestRefused       an HTTP request the listener answers with 4xx
"""


class Auth0ElasticError(Exception):
    """The root; `exit_code` is what the command line ends with (sysexits.h)."""

    exit_code = 1


class ConfigError(Auth0ElasticError):
    """A setting is missing or wrong."""

    exit_code = 78


class PackageError(Auth0ElasticError):
    """The files under package/ contradict each other or cannot be read."""


class MissingTool(Auth0ElasticError):
    """A program that has to be installed first."""

    exit_code = 69


class EngineError(Auth0ElasticError):
    """The search engine did not do what was asked."""


class EngineUnavailable(EngineError):
    """No answer: refused, timed out, broken off, or its certificate is not trusted."""

    exit_code = 69


class EngineRefused(EngineError):
    """An answer with a status of 400 or more."""

    def __init__(self, method: str, path: str, status: int, reason: str) -> None:
        super().__init__(f"{method} {path}: the engine answered {status}: {reason}")
        self.method = method
        self.path = path
        self.status = status
        self.reason = reason


class Auth0Error(Auth0ElasticError):
    """Auth0's Management API did not do what was asked."""


class Auth0Unavailable(Auth0Error):
    """No answer that helps, for as long as it was worth asking again."""

    exit_code = 69


class Auth0Refused(Auth0Error):
    """An answer with a status of 400 or more; `code` is Auth0's errorCode or error, such as insufficient_scope."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class SetupRefused(Auth0ElasticError):
    """The cluster holds something that setup must not overwrite or remove."""


class SpoolError(Auth0ElasticError):
    """The spool cannot be used."""


class SpoolFull(SpoolError):
    """Live content has reached its limit."""


class SpoolLocked(SpoolError):
    """Another process owns the spool."""

    exit_code = 75


class RequestRefused(Auth0ElasticError):
    """A request that is answered with `status` and a JSON body that says why; `retry_after` is in seconds."""

    def __init__(self, status: int, message: str, remedy: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.remedy = remedy
        self.retry_after = retry_after
