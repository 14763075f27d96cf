package main

import (
	"container/heap"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const tooLate = 5 * time.Millisecond

type stats struct {
	sent, late uint64
}

// clock sends for all publishers on one thread, each packet at its own time.
type clock struct {
	queue    queue
	commands chan func()
	running  bool
	sent     atomic.Uint64
	late     atomic.Uint64
}

// queue is a heap: first the stream whose packet is due first.
type queue []stream

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due().Before(q[j].due()) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(interface{})  {}
func (q *queue) Pop() interface{}  { return nil }

func newClock(all []outlet) *clock {
	c := &clock{commands: make(chan func())}
	for _, one := range all {
		c.queue = append(c.queue, newVideo(one), newAudio(one))
	}
	go c.run()
	return c
}

// do returns once the clock's thread has.
func (c *clock) do(what func()) {
	done := make(chan struct{})
	c.commands <- func() {
		what()
		close(done)
	}
	<-done
}

// start lets frames come from now on; their packets are a tick apart.
func (c *clock) start(tick time.Duration) {
	c.do(func() {
		now := time.Now()
		for _, one := range c.queue {
			one.start(now, tick)
		}
		heap.Init(&c.queue)
		c.running = true
	})
}

func (c *clock) stop() {
	c.do(func() { c.running = false })
}

func (c *clock) stats() stats {
	return stats{c.sent.Load(), c.late.Load()}
}

func (c *clock) run() {
	runtime.LockOSThread()
	for {
		if !c.running {
			(<-c.commands)()
			continue
		}
		select {
		case command := <-c.commands:
			command()
		default:
			c.sendDue()
		}
	}
}

// sendDue sends the next packet when its time has come.
func (c *clock) sendDue() {
	next := c.queue[0]
	if wait := time.Until(next.due()); wait > 0 {
		sleep(wait)
		return
	}
	if time.Since(next.due()) > tooLate {
		c.late.Add(1)
	}
	check(next.send())
	c.sent.Add(1)
	heap.Fix(&c.queue, 0)
}

// sleep is the kernel's: Go's own ends at whole milliseconds, and then the packets of many publishers would leave together. Raw,
// since Go's scheduler would look for other work for the core each time, which costs more than all the rest.
func sleep(wait time.Duration) {
	until := syscall.NsecToTimespec(int64(wait))
	syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&until)), 0, 0)
}
