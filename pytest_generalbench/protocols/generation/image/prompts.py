"""Prompts of image generation tasks whose data have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

_SAME_SIZE: Final = "keep its size."

_ASKED: Final[dict[str, str]] = {
    "image-deraining": f"Remove the rain from the image; {_SAME_SIZE}",
    "image-raindrop-removal": f"Remove the raindrops on the lens from the image; {_SAME_SIZE}",
    "image-dehazing": f"Remove the haze from the image; {_SAME_SIZE}",
    "remote-sensing-image-dehazing": f"Remove the haze from the satellite image; {_SAME_SIZE}",
    "image-desnowing": f"Remove the falling snow from the image; {_SAME_SIZE}",
    "image-deblurring": f"Make the blurred image sharp; {_SAME_SIZE}",
    "jpeg-image-artifact-deduction": f"Remove the artifacts of JPEG compression from the image; {_SAME_SIZE}",
    "image-shadow-removal": f"Remove the shadows from the image; {_SAME_SIZE}",
    "image-flare-removal": f"Remove the lens flare from the image; {_SAME_SIZE}",
    "underwater-image-restoration": (
        f"Restore the colours and contrast of the image, which was taken under water; {_SAME_SIZE}"
    ),
    "document-image-unwarping": (
        "Unwarp the photographed document: show the page flat and upright, as a scanner would, to its edges."
    ),
    "image-detail-enhancement": f"Enhance the details of the image; {_SAME_SIZE}",
    "low-light-image-enhancement": (
        f"Make the image, which was taken in low light, as bright as a normal one; {_SAME_SIZE}"
    ),
    "edge-to-image-gen": "Make a photo whose edges are those of the edge map.",
    "layout-to-face-image-gen": "Make a photo of a face whose parts lie where the layout has them.",
    "mask-to-image-face-gen": "Make a photo of a face whose parts lie where the mask has them.",
    "sketch-to-face-image-gen": "Make a photo of the face in the sketch.",
    "sketch-to-background-image-gen": "Make a picture of the background in the sketch.",
    "sketch-to-scene-image-gen": "Make a photo of the scene in the sketch.",
    "sketch-to-image-hair-gen": "Make a photo whose hair follows the sketch.",
    "face-sketch-synthesis": "Draw the face in the photo as a pencil sketch.",
    "face-image-comic-style-transfer": "Turn the face in the photo into a comic character.",
    "infection-map-gen": "Mark the infected regions of the lungs in the image.",
    "handwriting-text-gen": "Make an image of the text above, written by hand.",
}

_BY_INPUT: Final[dict[str, str]] = {
    "sketch image": "Make a photo of what the sketch shows.",
    "edge map": "Make a photo whose edges are those of the edge map.",
    "mask image": "Make a photo whose parts lie where the mask has them.",
    "layout (boxes/label map)": "Make a photo whose parts lie where the layout has them.",
    "face photo": "Make a picture of the face in the photo.",
}

_BY_ARCHETYPE: Final[dict[str, str]] = {
    "text_to_image": "Make an image of what the text above says.",
    "conditional_image_generation": "Make a photo of what the image shows.",
    "image_restoration": f"Restore the image; {_SAME_SIZE}",
    "image_colorization": f"Colour the grey image; {_SAME_SIZE}",
    "image_style_transfer": "Change the style of the image and keep what it shows.",
    "audio_to_image": "Make an image of what the sound is of.",
    "eeg_to_image": "Make an image of what was seen while these brain signals were recorded.",
}


def asked(task: Task) -> str:
    """Return what is to be made, or an empty string where only the instance can say it."""
    slug = task.id.rsplit("/", 1)[-1]
    if task.archetype == "conditional_image_generation" and slug not in _ASKED:
        return _BY_INPUT.get(task.inputs, _BY_ARCHETYPE[task.archetype])
    return _ASKED.get(slug, _BY_ARCHETYPE.get(task.archetype, ""))
