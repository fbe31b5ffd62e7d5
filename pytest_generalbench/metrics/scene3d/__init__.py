"""Metrics of point clouds, scenes, shapes and motions; `image.clip_score` has those of CLIP."""
