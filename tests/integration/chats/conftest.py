"""The office that each of these tests is lived in, once for each chat that has what it is about."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from office import Office
from offices import office_in
from servers import Papers
from stories import Story

STAFF: Final = ("dana", "kim", "sam", "lee", "ada", "eve", "jo")
"""Everybody of the firm: ada is an admin, and eve nobody whom a registry names."""


@pytest.fixture
async def office(chat: str, story: Story, tls: Papers) -> AsyncIterator[Office]:
    """Return the office of a firm without a pilot."""
    async with office_in(chat, story, tls, *STAFF) as opened:
        yield opened
