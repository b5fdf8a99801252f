#ifndef MQTT_BRIDGE_OPENAPI_H
#define MQTT_BRIDGE_OPENAPI_H

#include <stddef.h>

/// The bytes of openapi.yaml as they were when the program was built.
const unsigned char *openapi_yaml(void);
size_t openapi_yaml_size(void);

#endif
