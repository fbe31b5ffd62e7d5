"""The metrics of videos that a model makes; PSNR of frames is in `psnr`."""
