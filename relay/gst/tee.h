// GStreamer's tee with the order of steps that is safe while data flows.
//
// Attach: add the sink element, play it, then link. Detach: unlink, release the request pad, and only then
// state NULL: a sink that is stopped while it is linked returns FLUSHING to the tee and with it stops every
// other branch. `allow-not-linked` is set as a belt; owners keep at least one pad linked. Loop thread, or
// before data flows.
#pragma once

#include "relay/gst/element.h"
#include "relay/gst/ref.h"

namespace spillway::gst {

class Tee {
  public:
    /// Adds a playing tee to `bin`. Throws std::runtime_error when GStreamer has none.
    explicit Tee(GstElement* bin);
    Tee(const Tee&) = delete;
    Tee& operator=(const Tee&) = delete;
    /// Stops and removes it; nothing may push into it any more.
    ~Tee();

    GstElement* bin() const { return bin_.get(); }
    GstPad* sink() const { return sink_.get(); }

  private:
    Ref<GstElement> bin_;
    Ref<GstElement> element_;
    Ref<GstPad> sink_;

    friend class TeeBranch;
};

/// One element behind the tee, linked and playing from constructor to destructor.
class TeeBranch {
  public:
    /// `head` takes the data on its pad "sink"; it has no parent yet. Throws std::runtime_error when it
    /// cannot be linked; the tee is then as it was.
    TeeBranch(Tee& tee, Ref<GstElement> head);
    TeeBranch(const TeeBranch&) = delete;
    TeeBranch& operator=(const TeeBranch&) = delete;
    ~TeeBranch();

    GstElement* head() const { return head_.get(); }

  private:
    void removeHead();

    Ref<GstElement> bin_;
    Ref<GstElement> tee_;
    Ref<GstElement> head_;
    Ref<GstPad> source_; ///< the tee's request pad
};

/// Stops the element and takes it out of its bin. A null bin means it was never added.
void stopAndRemove(GstElement* bin, GstElement* element);

} // namespace spillway::gst
