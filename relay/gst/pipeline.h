// A pipeline that is stopped and disposed by its destructor. Loop thread: a state change to NULL on a thread
// that the pipeline itself runs never returns.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

namespace spillway::gst {

class Pipeline {
  public:
    explicit Pipeline(const char* name)
        : pipeline_(Ref<GstElement>::sink(gst_pipeline_new(name))) {}
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline() { stop(); }

    GstElement* get() const { return pipeline_.get(); }
    /// False when an element refuses at once; later failures come as messages on the bus.
    bool play() { return gst_element_set_state(get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE; }
    void stop() { gst_element_set_state(get(), GST_STATE_NULL); }

  private:
    Ref<GstElement> pipeline_;
};

} // namespace spillway::gst
