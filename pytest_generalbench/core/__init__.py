"""Types that every room uses: task, request, output, result, settings, errors."""
