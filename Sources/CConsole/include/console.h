#ifndef MQTT_BRIDGE_CONSOLE_H
#define MQTT_BRIDGE_CONSOLE_H

#include <stddef.h>

/// A file of the folder Console as it was when the program was built.
struct console_file {
  const char *name;
  const unsigned char *bytes;
  size_t size;
};

const struct console_file *console_files(void);
size_t console_files_count(void);

#endif
