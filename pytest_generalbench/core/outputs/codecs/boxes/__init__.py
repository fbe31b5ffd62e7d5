"""Codecs of boxes and keypoints."""
