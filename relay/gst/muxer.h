// A muxer with one track that does its work while its caller waits: a buffer in, all pieces of the file that
// come of it out, no pipeline and no thread of its own. (matroskamux has one inside from GStreamer 1.26 on;
// it ends with this.)
//
// Comes in: buffers with timestamps. Goes out: what belongs into the file, with its place in it. Writes
// nothing itself: the caller does, and so knows the exact error.
//
// Owner: whoever writes the file; one thread at a time.
#pragma once

#include "relay/gst/byte_sink.h"
#include "relay/gst/push_source.h"
#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <chrono>
#include <vector>

namespace spillway::gst {

class Muxer {
  public:
    /// `element` is a muxer that nobody else holds, `padTemplate` names its request pad. Throws
    /// std::runtime_error.
    Muxer(Ref<GstElement> element, const char* padTemplate, GstCaps* caps);

    /// Returns when take() has all that comes of it; false when the muxer refused it.
    bool push(Ref<GstBuffer> buffer);
    /// Lets the muxer add what comes last; false when it did not within `deadline`.
    bool end(std::chrono::milliseconds deadline);
    /// What is to be written now, in order.
    std::vector<ByteSink::Piece> take() { return sink_.take(); }

  private:
    /// Sets the element back to NULL at the end: declared first, so that this happens last.
    struct Running {
        Ref<GstElement> element;
        explicit Running(Ref<GstElement> muxer);
        ~Running();
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
    };
    struct RequestPad {
        Ref<GstElement> element;
        Ref<GstPad> pad;
        RequestPad(const Ref<GstElement>& muxer, const char* padTemplate);
        ~RequestPad();
        RequestPad(const RequestPad&) = delete;
        RequestPad& operator=(const RequestPad&) = delete;
    };

    Running running_;
    RequestPad request_;
    ByteSink sink_;
    PushSource source_;
};

} // namespace spillway::gst
