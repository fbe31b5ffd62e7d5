"""Codecs of images, masks and optical flow."""
