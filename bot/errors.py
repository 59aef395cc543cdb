"""Every error we raise on purpose; each message is one sentence that names the remedy.

::

    StickshakerError
    ├── SettingsError         a setting of the process is wrong or missing           exit 2
    ├── StoreUnavailable      the store can't be reached or used                     exit 2
    ├── WrongKey              the pseudonym key differs from the one of this store   exit 2
    ├── NewerRecord           a record was written by a newer version of the program exit 2
    ├── ContentError          one of our own content files does not hold             exit 2
    ├── InputError            a file can't be read as what it is said to be          exit 2
    ├── NotFound              no such pilot or person                                exit 2
    ├── Conflict              somebody else changed the record first; read it again
    └── SendRefused           the chat said no before anything was delivered
"""

from datetime import timedelta


class StickshakerError(Exception):
    """Root of the tree; its text is meant for the person who reads it."""


class SettingsError(StickshakerError):
    """A setting of the process is wrong or missing; the text names it and what to do."""


class StoreUnavailable(StickshakerError):  # noqa: N818  reads as the state it reports
    """The store can't be reached or used: address, password, version or permission."""

    def __init__(self, told: str, *, why: str = "") -> None:
        """Keep the sentence, which may name an address, and `why` for anybody: "is full", "does not let us run SET"."""
        super().__init__(told)
        self.why = why


class WrongKey(StickshakerError):  # noqa: N818  reads as the state it reports
    """The pseudonym key is not the one this store was filled with."""


class NewerRecord(StickshakerError):  # noqa: N818  reads as the state it reports
    """A stored record carries a version this program does not know yet."""


class ContentError(StickshakerError):
    """A content file of ours (playbook, texts) does not validate."""


class InputError(StickshakerError):
    """A file can't be read at all as what it is said to be; single bad rows are rejects instead."""


class NotFound(StickshakerError):  # noqa: N818  reads as the state it reports
    """There is no such pilot or person."""


class Conflict(StickshakerError):  # noqa: N818  reads as the state it reports
    """A compare-and-set lost against another writer; read again and decide again."""


class SendRefused(StickshakerError):  # noqa: N818  reads as the state it reports
    """The chat definitely did not take the message; `retry_after` says when to try again."""

    def __init__(
        self, reason: str, *, retry_after: timedelta | None = None, final: bool = False, gone: bool = False
    ) -> None:
        """Keep the reason in words, whether trying again makes sense (`final=False`), and whether the person is gone.

        Who is gone can't be written to there at all: somebody else has to be.
        """
        super().__init__(reason)
        self.retry_after = retry_after
        self.final = final
        self.gone = gone
