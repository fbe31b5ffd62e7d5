"""Codecs of point clouds and meshes."""
