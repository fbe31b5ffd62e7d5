"""Small images, videos, sounds, clouds and meshes."""
