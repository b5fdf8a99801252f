#include "console.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char admin_js[] = {
#embed "../../Console/admin.js"
};
static const unsigned char api_js[] = {
#embed "../../Console/api.js"
};
static const unsigned char code_js[] = {
#embed "../../Console/code.js"
};
static const unsigned char console_css[] = {
#embed "../../Console/console.css"
};
static const unsigned char delivery_panel_js[] = {
#embed "../../Console/delivery-panel.js"
};
static const unsigned char dom_js[] = {
#embed "../../Console/dom.js"
};
static const unsigned char feed_js[] = {
#embed "../../Console/feed.js"
};
static const unsigned char icon_svg[] = {
#embed "../../Console/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../../Console/index.html"
};
static const unsigned char main_js[] = {
#embed "../../Console/main.js"
};
static const unsigned char messages_panel_js[] = {
#embed "../../Console/messages-panel.js"
};
static const unsigned char metrics_js[] = {
#embed "../../Console/metrics.js"
};
static const unsigned char mqtt_bridge_d_ts[] = {
#embed "../../Console/mqtt-bridge.d.ts"
};
static const unsigned char mqtt_bridge_js[] = {
#embed "../../Console/mqtt-bridge.js"
};
static const unsigned char overview_panel_js[] = {
#embed "../../Console/overview-panel.js"
};
static const unsigned char parts_css[] = {
#embed "../../Console/parts.css"
};
static const unsigned char payload_js[] = {
#embed "../../Console/payload.js"
};
static const unsigned char plots_js[] = {
#embed "../../Console/plots.js"
};
static const unsigned char publish_panel_js[] = {
#embed "../../Console/publish-panel.js"
};
static const unsigned char sign_in_js[] = {
#embed "../../Console/sign-in.js"
};
static const unsigned char streams_panel_js[] = {
#embed "../../Console/streams-panel.js"
};
static const unsigned char theme_css[] = {
#embed "../../Console/theme.css"
};
static const unsigned char topic_tree_js[] = {
#embed "../../Console/topic-tree.js"
};
static const unsigned char topics_panel_js[] = {
#embed "../../Console/topics-panel.js"
};
static const unsigned char windowed_js[] = {
#embed "../../Console/windowed.js"
};

static const struct console_file files[] = {
    {"admin.js", admin_js, sizeof admin_js},
    {"api.js", api_js, sizeof api_js},
    {"code.js", code_js, sizeof code_js},
    {"console.css", console_css, sizeof console_css},
    {"delivery-panel.js", delivery_panel_js, sizeof delivery_panel_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"feed.js", feed_js, sizeof feed_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"index.html", index_html, sizeof index_html},
    {"main.js", main_js, sizeof main_js},
    {"messages-panel.js", messages_panel_js, sizeof messages_panel_js},
    {"metrics.js", metrics_js, sizeof metrics_js},
    {"mqtt-bridge.d.ts", mqtt_bridge_d_ts, sizeof mqtt_bridge_d_ts},
    {"mqtt-bridge.js", mqtt_bridge_js, sizeof mqtt_bridge_js},
    {"overview-panel.js", overview_panel_js, sizeof overview_panel_js},
    {"parts.css", parts_css, sizeof parts_css},
    {"payload.js", payload_js, sizeof payload_js},
    {"plots.js", plots_js, sizeof plots_js},
    {"publish-panel.js", publish_panel_js, sizeof publish_panel_js},
    {"sign-in.js", sign_in_js, sizeof sign_in_js},
    {"streams-panel.js", streams_panel_js, sizeof streams_panel_js},
    {"theme.css", theme_css, sizeof theme_css},
    {"topic-tree.js", topic_tree_js, sizeof topic_tree_js},
    {"topics-panel.js", topics_panel_js, sizeof topics_panel_js},
    {"windowed.js", windowed_js, sizeof windowed_js},
};

const struct console_file *console_files(void) { return files; }

size_t console_files_count(void) { return sizeof files / sizeof files[0]; }
