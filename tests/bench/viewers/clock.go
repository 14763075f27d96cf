package main

import (
	"syscall"
	"time"
	"unsafe"
)

const clockMonotonic = 1

var (
	clockBegin  = time.Now()
	clockOffset = readMonotonic()
)

func readMonotonic() int64 {
	var now syscall.Timespec
	_, _, failure := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	if failure != 0 {
		panic(failure)
	}
	return now.Nano()
}

// monotonic is CLOCK_MONOTONIC in nanoseconds, without a system call: Go's own clock runs with it.
func monotonic() int64 {
	return clockOffset + int64(time.Since(clockBegin))
}
