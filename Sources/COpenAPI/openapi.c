#include "openapi.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char yaml[] = {
#embed "../../openapi.yaml"
};

const unsigned char *openapi_yaml(void) { return yaml; }

size_t openapi_yaml_size(void) { return sizeof yaml; }
