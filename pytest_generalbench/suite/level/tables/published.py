"""The overall scores that the benchmark's paper prints (tables 12, 14 and 16), for comparison columns."""

from __future__ import annotations

from typing import Final, NamedTuple


class PublishedScores(NamedTuple):
    """One model's overall scores on the full board, as printed."""

    model: str
    S2: float
    S3: float
    S4: float
    S5: float


PUBLISHED: Final = (
    PublishedScores("Unified-io-2-XXL", 13.70, 0.82, 0.0, 0.0),
    PublishedScores("AnyGPT", 13.04, 1.15, 0.0, 0.0),
    PublishedScores("NExT-GPT-V1.5", 13.02, 1.32, 0.0, 0.0),
    PublishedScores("ImageBind-LLM", 12.40, 0.89, 0.0, 0.0),
    PublishedScores("Vitron-V1", 12.21, 2.67, 1.15, 0.0),
    PublishedScores("InternVL2_5-8B", 8.41, 3.73, 0.0, 0.0),
    PublishedScores("Emu2-37B", 7.73, 1.30, 0.31, 0.0),
    PublishedScores("Sa2VA-26B", 7.67, 4.81, 0.0, 0.0),
    PublishedScores("LLaVA-One-Vision-72B", 7.24, 4.74, 0.0, 0.0),
    PublishedScores("Qwen2-Audio-Instruct", 7.15, 2.13, 0.0, 0.0),
    PublishedScores("Mini-Gemini", 6.975, 4.31, 1.56, 0.0),
    PublishedScores("Qwen2-VL-72B", 6.58, 4.39, 0.0, 0.0),
    PublishedScores("Gemini-1.5-Pro", 4.92, 3.17, 0.0, 0.0),
    PublishedScores("GPT-4o", 4.92, 3.63, 0.0, 0.0),
    PublishedScores("Claude-3.5-Sonnet", 4.85, 3.00, 0.0, 0.0),
    PublishedScores("GPT-4V", 4.54, 3.21, 0.0, 0.0),
    PublishedScores("PointLLM-13B", 1.75, 0.0, 0.0, 0.0),
)
"""By S2, best first."""
