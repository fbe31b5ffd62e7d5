"""The words that a task file may use in each field.

A word outside its set is an error that lists the good ones, so that a slip in
one of 699 tasks is found when the file is read and not when its score is missing.
"""

from __future__ import annotations

from typing import Final

MODALITIES: Final = ("image", "video", "audio", "3d", "nlp")
"""Modality slugs in report order; `nlp` (language) has no paradigm."""

PARADIGMS: Final = ("comprehension", "generation")

DIRECTIONS: Final = ("higher", "lower")
"""Which end of a metric's scale is the good one."""

MEDIA: Final = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
"""The media a model can take or give; `signal` is EEG, `map` anything laid over an image or frames."""

_INPUTS: Final[dict[str, str]] = {
    "text": "text",
    "number series": "text",
    "text (dialogue)": "text",
    "lyrics/text": "text",
    "image": "image",
    "images": "image",
    "image+text": "image text",
    "image+text (Chinese)": "image text",
    "text+image": "image text",
    "images+text": "image text",
    "images+text (dialogue)": "image text",
    "image pair+text": "image text",
    "sketch image": "image",
    "edge map": "image",
    "mask image": "image",
    "document photo": "image",
    "face photo": "image",
    "layout (boxes/label map)": "image",
    "rgb-d frames": "video map",
    "image+mask": "image map",
    "image+depth+text": "image map text",
    "video": "video",
    "video (sparse frames)": "video",
    "video (grayscale)": "video",
    "video+text": "video text",
    "video+text (+first box)": "video text",
    "video (+first-frame mask)": "video map",
    "video+mask": "video map",
    "video+image": "video image",
    "audio": "audio",
    "audio+text": "audio text",
    "audio+chords+text": "audio text",
    "piano music": "audio",
    "symbolic music": "audio",
    "lyrics+score": "audio text",
    "pointcloud": "pointcloud",
    "pointcloud+text": "pointcloud text",
    "pointcloud+images": "pointcloud image",
    "pointcloud sequence": "pointcloud",
    "motion sequence": "motion",
    "eeg signal": "signal",
}

INPUT_MEDIA: Final[dict[str, tuple[str, ...]]] = {
    word: tuple(media.split()) for word, media in _INPUTS.items()
}
"""The media behind each word of a task's `inputs`."""

_MAP_OUTPUTS: Final = (
    "boxes+labels", "boxes+labels (text grounding)", "box", "boxes per frame", "box tube", "keypoints",
    "mask", "mask (anomaly map)", "mask sequence", "instance masks", "panoptic map", "alpha matte",
    "map (probability mask)", "depth map", "depth sequence", "flow field", "per-point labels",
    "per-point part labels", "per-point instance masks", "per-point normals", "camera poses",
    "3D boxes", "3D box tracks",
)  # fmt: skip

TEXT_OUTPUTS: Final = (
    "text", "text (choice)", "text (yes/no)", "text (label)", "text (short answer)",
    "text (final answer)", "text (code)", "text (structured list)", "text (relation triplets)",
    "text (roles per event)", "number", "numbers",
)  # fmt: skip
"""The outputs that a text answer carries."""

OUTPUT_MEDIUM: Final[dict[str, str]] = {
    **dict.fromkeys(TEXT_OUTPUTS, "text"),
    **dict.fromkeys(_MAP_OUTPUTS, "map"),
    "image": "image",
    "video": "video",
    "video (frames)": "video",
    "audio": "audio",
    "audio (speech)": "audio",
    "audio (speech) or text": "audio",
    "audio (singing)": "audio",
    "audio (song)": "audio",
    "music (symbolic)": "audio",
    "pointcloud": "pointcloud",
    "mesh": "mesh",
    "motion sequence": "motion",
}
"""The medium behind each word of a task's `output`."""

TEXT_ALSO_OUTPUTS: Final = (
    "boxes+labels", "boxes+labels (text grounding)", "box", "boxes per frame", "box tube", "keypoints",
    "audio (speech) or text",
)  # fmt: skip
"""Outputs that a text answer can carry as well: a handful of coordinates, the words of a translation."""

UNITS: Final = (
    "percent", "count", "raw", "dB", "distance", "ratio", "pixels", "cm", "degrees", "LAB units",
    "sum/1000", "x1000", "0..1", "1..5", "0..100",
)  # fmt: skip

MAPPINGS: Final = (
    "identity", "one_minus_percent", "tanh:20", "affine:-1..1", "affine:1..5", "ratio:0.1", "ratio:0.5",
    "ratio:1", "ratio:5", "ratio:10", "ratio:25", "ratio:50", "ratio:100",
)  # fmt: skip
"""How a raw score becomes points: x, 100 - x, 100 tanh(x/T), affine to 0..100, 100 (2 sigmoid(T/x) - 1)."""

_TEXT_ARCHETYPES: Final[dict[str, str]] = {
    "text_mcqa": "multiple_choice",
    "multi_image_choice_qa": "multiple_choice",
    "image_vqa_choice": "multiple_choice",
    "audio_qa_choice": "multiple_choice",
    "video_object_matching": "multiple_choice",
    "image_vqa_yesno": "yes_no",
    "image_classification": "label",
    "text_classification": "label",
    "image_anomaly_classification": "label",
    "video_recognition_label": "label",
    "audio_classification": "label",
    "3d_classification": "label",
    "multimodal_sarcasm_detection": "label",
    "video_event_relation": "label",
    "image_vqa_short": "short_answer",
    "document_vqa": "short_answer",
    "video_qa_exact": "short_answer",
    "3d_situated_qa": "short_answer",
    "math_word_problem": "final_answer",
    "text_open_qa": "free_text",
    "text_generation": "free_text",
    "text_summarization": "free_text",
    "text_translation": "free_text",
    "video_qa_open": "free_text",
    "video_recognition_text": "free_text",
    "audio_qa_open": "free_text",
    "multi_image_open_generation": "free_text",
    "3d_scene_qa": "free_text",
    "image_captioning": "caption",
    "video_captioning": "caption",
    "audio_captioning": "caption",
    "3d_motion_captioning": "caption",
    "ocr": "ocr",
    "counting": "counting",
    "text_extraction": "extraction",
    "multimodal_information_extraction": "extraction",
    "speech_information_extraction": "extraction",
    "scene_graph": "triplets",
    "video_semantic_role_labeling": "roles",
    "code_generation": "code",
    "image_to_code": "code",
    "time_series_forecasting": "time_series",
}

_OTHER_ARCHETYPES: Final = (
    "object_detection", "semantic_segmentation", "image_anomaly_segmentation", "matting",
    "instance_segmentation", "visual_grounding", "keypoint_detection", "depth_estimation",
    "panoptic_segmentation", "video_object_tracking", "video_object_segmentation",
    "video_reasoning_segmentation", "video_referring_segmentation", "video_spatiotemporal_grounding",
    "video_depth_estimation", "optical_flow", "video_salient_object_detection",
    "video_camouflaged_object_detection", "3d_part_segmentation", "3d_semantic_segmentation",
    "3d_instance_segmentation", "3d_odometry", "3d_tracking", "3d_normal_estimation", "3d_detection",
    "text_to_image", "conditional_image_generation", "image_restoration", "image_inpainting",
    "image_colorization", "image_style_transfer", "image_editing", "image_to_map", "audio_to_image",
    "eeg_to_image", "face_swap_generation", "text_to_video", "image_to_video", "video_restoration",
    "video_super_resolution", "video_inpainting", "video_frame_interpolation", "video_colorization",
    "video_translation_editing", "stylized_video_generation", "video_style_transfer",
    "text_to_speech", "speech_style_conversion", "speech_to_speech_translation", "text_to_audio",
    "audio_editing", "image_to_speech", "video_to_audio", "music_generation", "music_style_transfer",
    "text_to_3d", "image_to_3d", "3d_completion_reconstruction", "text_to_motion",
)  # fmt: skip

ARCHETYPE_PROTOCOL: Final[dict[str, str]] = {
    **_TEXT_ARCHETYPES,
    **{name: name for name in _OTHER_ARCHETYPES},
}
"""The protocol that asks and reads each archetype; media archetypes name a protocol of their own."""

SOTA_TABLES: Final = ("released", "paper")
"""The two published tables of specialist scores; they differ on 64 tasks."""

SCORINGS: Final = ("paper", "released")


def side_of(modality: str, paradigm: str | None) -> str:
    """Return the side of a task: `image/comprehension`, or `nlp`, which has no paradigm."""
    return f"{modality}/{paradigm}" if paradigm else modality
