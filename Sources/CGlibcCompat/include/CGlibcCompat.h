#pragma once

// Nothing to call: see CGlibcCompat.c.
