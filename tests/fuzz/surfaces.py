"""All surfaces, by name."""

from __future__ import annotations

from typing import Final

from tests.fuzz.surfaces_answers import ANSWER_SURFACES
from tests.fuzz.surfaces_downloads import DOWNLOAD_SURFACES
from tests.fuzz.surfaces_files import FILE_SURFACES
from tests.fuzz.surfaces_launches import LAUNCH_SURFACES
from tests.fuzz.surfaces_media import MEDIA_SURFACES

SURFACES: Final = {
    surface.name: surface
    for surface in (
        *FILE_SURFACES,
        *MEDIA_SURFACES,
        *ANSWER_SURFACES,
        *DOWNLOAD_SURFACES,
        *LAUNCH_SURFACES,
    )
}
