// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The mutex's lock word and the event count beside it, with a crash possible at every step (README.md).
//
// word: bit 0 is D (dirty: an owner died and nobody has repaired), bit 1 is C (contended), the rest is the holder's id.
// One step of the model is one access to shared memory or one system call. Time is a choice: a deadline may pass
// anywhere; the look at the holder may come early, and a sleeper is woken for it only where the algorithm counts on it:
// the holder died, or somebody died who owed a wake-up. Whatever a look would mend elsewhere is a lost wake-up.
// A killed process that still looks alive is the same as a slow one, so death is seen at once.
//
// ASYNC: the last process is an async_lock with a bell. LIVE: liveness under weak fairness instead of safety.

#ifndef N
#define N 3 /* processes; ids are 1 .. N */
#endif
#ifndef ROUNDS
#define ROUNDS 1 /* times that process 1 locks; the others lock once */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif

#ifndef DEADLINE
#define DEADLINE 1 /* process 2 has one */
#endif

#define D 1
#define C 2
#define id(w) ((w) >> 2)
#define dead(i) gone[i]
#define look_needed() (dead(id(word)) || eaten)

byte word;              // free, nobody has died
byte c;                 // the event count
bit asleep[N + 1];      // in futex_wait
bit bell_armed, bell;   // of the one async_lock
bit gone[N + 1];
chan die[N + 1] = [0] of { bit };

// What the properties need and the algorithm does not have:
byte owner;             // who holds the lock
bit broken;             // a holder died and nobody has called repaired() since
bit owes[N + 1];        // was woken, or has to wake: others sleep on because of that
bit eaten;              // somebody died who owed
bit finished[N + 1];
byte left = N;          // living processes that have not finished

// Mutual exclusion among the living, and owner death is reported to every holder until repaired.
inline got(d) {
  assert(owner == 0 || gone[owner]);
  assert((d) == broken);
  owner = me;
  dirty = d;
  owes[me] = 0
}

inline post_one() {
  c++;
  atomic { // wakes one sleeper, any, and rings all armed bells
    if
    :: asleep[1] -> asleep[1] = 0; owes[1] = 1
    :: asleep[2] -> asleep[2] = 0; owes[2] = 1
#if N > 2
    :: asleep[3] -> asleep[3] = 0; owes[3] = 1
#endif
    :: else
    fi;
    if
    :: bell_armed -> bell = 1
    :: else
    fi;
    owes[me] = 0
  }
}

inline hold_and_unlock() {
  if
  :: true // leaves the object as it found it
  :: dirty -> // repaired()
     dirty = 0;
     atomic { word = word & ~D; broken = 0 }
  fi;
#ifdef MUTANT_WAKE_BEFORE_STORE
  atomic { w = word; owes[me] = (w & C) != 0 };
  if
  :: w & C -> post_one()
  :: else
  fi;
#endif
  w = me << 2 | dirty;
  do
  :: atomic {
       word == w ->
#ifdef MUTANT_DIRTY_LOST
       word = 0;
#else
       word = dirty;
#endif
       assert(owner == me);
       owner = 0;
       owes[me] = (w & C) != 0;
       break
     }
  :: atomic { word != w -> w = word; assert(id(w) == me) }
  od;
#ifndef MUTANT_WAKE_BEFORE_STORE
  if
  :: w & C -> post_one()
  :: else
  fi;
#endif
  w = 0; k = 0; dirty = 0; slept = 0
}

// id(w) is dead: do CAS(w -> me|C|D) while id(w) == o. Goes on to held, or back to again.
inline take_over() {
  o = id(w);
  do
#ifdef MUTANT_TAKEOVER_BY_STORE
  :: atomic { word = me << 2 | C | D; got(D); goto held }
#elif defined(MUTANT_TAKEOVER_WITHOUT_D)
  :: atomic { word == w -> word = me << 2 | C | (w & D); got(w & D); goto held }
#else
  :: atomic { word == w -> word = me << 2 | C | D; got(D); goto held }
#endif
  :: atomic {
       word != w -> w = word;
       if
       :: id(w) == o
       :: else -> o = 0; goto again
       fi
     }
  od
}

#define forget() k = 0; w = 0; o = 0; slept = 0; dirty = 0

inline time() { // what the clock says now: t >= look, and t >= dl
  if
  :: id(w) == 0 || look
  :: id(w) != 0 && !look
  :: id(w) != 0 && !look -> look = 1
  :: id(w) != 0 && may_expire && !expired -> look = 1; expired = 1
  fi
}

inline sleep_ends() {
#ifdef MUTANT_WOKEN_WITHOUT_C
  slept = 0
#else
  slept = C
#endif
}

// may_expire: this process has a deadline, the others wait for ever.
proctype locker(byte me; byte rounds; bit may_expire) {
  byte k, w, o, slept;
  bit dirty, look, expired;
  {
    do
    :: rounds == 0 -> break
    :: rounds > 0 ->
       rounds--;
       if // the first try, and the spinning: any attempt that found it free
       :: atomic { word == 0 -> word = me << 2; got(0); goto held }
       :: atomic { word != 0 && id(word) == 0 -> w = word; word = w | me << 2; got(w & D); goto held }
       :: true
       fi;

again:
#ifdef MUTANT_K_AFTER_WORD
       w = word;
       atomic { k = c; time() };
#else
       k = c; // k before w
       atomic { w = word; time() };
#endif
       if
       :: id(w) == 0 ->
          if
          :: atomic { word == w -> word = w | me << 2 | slept; got(w & D); goto held }
          :: atomic { word != w -> goto again }
          fi
       :: id(w) != 0 && look ->
          if
#ifndef MUTANT_NO_LOOK
          :: dead(id(w)) -> take_over()
          :: atomic { !dead(id(w)) && !expired -> look = 0 }
#else
          :: atomic { !expired -> look = 0 }
#endif
          :: atomic { !dead(id(w)) && expired -> look = 0 };
#ifndef MUTANT_LEAVE_WITHOUT_C
             if // hand the eaten wake-up on: to who unlocks, or, if the word has changed, to a sleeper
             :: slept && !(w & C) ->
                if
                :: atomic { word == w -> word = w | C }
                :: word != w -> post_one()
                fi
             :: else
             fi;
#endif
             atomic { owes[me] = 0; w = 0; k = 0; slept = 0; expired = 0; goto next } // timed_out
          fi
       :: id(w) != 0 && !look
       fi;
       if
       :: atomic { w & C -> owes[me] = 0 }
       :: atomic { !(w & C) && word == w -> word = w | C; owes[me] = 0 }
       :: atomic { !(w & C) && word != w -> goto again }
       fi;
       atomic { // futex_wait(c, k)
         w = 0;
         if
         :: c == k -> k = 0; asleep[me] = 1
         :: else -> k = 0; sleep_ends(); goto again
         fi
       };
       if
       :: atomic { !asleep[me] -> sleep_ends(); goto again }
#ifndef MUTANT_NO_LOOK
       :: atomic { asleep[me] && look_needed() -> asleep[me] = 0; look = 1; sleep_ends(); goto again }
#endif
       :: atomic { asleep[me] && may_expire -> asleep[me] = 0; look = 1; expired = 1; sleep_ends(); goto again }
       fi;

held:
       atomic { look = 0; expired = 0; o = 0; w = 0; k = 0; slept = 0 };
       hold_and_unlock();
next:
       skip
    od;
    atomic { finished[me] = 1; left-- }
  } unless { atomic { die[me]?_ -> forget() } }
}

#ifdef ASYNC
// async_lock: step is run again by the bell and by the timer; it may be cancelled while it waits.
proctype async_locker(byte me) {
  byte k, w, o, slept;
  bit may_cancel;
  bit dirty;
  {
    if
    :: may_cancel = 1
    :: true
    fi;
    if
    :: atomic { word == 0 -> word = me << 2; got(0); goto held }
    :: true
    fi;

again: // step
#ifdef MUTANT_BELL_AFTER_C
    atomic { w = word | C; word = w };
    bell_armed = 1;
#else
    bell_armed = 1;
    atomic { w = word | C; word = w };
#endif
    if
    :: id(w) == 0 ->
       if
       :: atomic { word == w -> word = w | me << 2 | C; got(w & D); goto disarm }
       :: atomic { word != w -> goto again }
       fi
    :: else
    fi;
    if
    :: atomic { bell -> bell = 0; goto again }
    :: atomic { !bell && look_needed() -> w = word }; // the timer
       if
       :: dead(id(w)) -> take_over()
       :: !dead(id(w)) -> goto again
       fi
    :: may_cancel -> bell_armed = 0; // set C if held
       if
       :: id(word) == 0
       :: atomic { id(word) != 0 -> word = word | C }
       fi;
       goto end
    fi;

held:
disarm:
    bell_armed = 0;
    o = 0;
    hold_and_unlock();
end:
    atomic { finished[me] = 1; left-- }
  } unless { atomic { die[me]?_ -> forget() } }
}
#endif

inline kill(i) {
  atomic {
    crashes < CRASHES && !gone[i] && !finished[i] ->
    crashes++;
    gone[i] = 1;
    asleep[i] = 0;
    broken = (broken || id(word) == i);
    eaten = (eaten || owes[i]);
    owes[i] = 0;
    left--;
    die[i]!0
  }
}

proctype killer() {
  byte crashes;
  do
  :: kill(1)
  :: kill(2)
#if N > 2
  :: kill(3)
#endif
  :: break
  od;
#ifndef LIVE
  timeout;           // nothing can go on:
  assert(left == 0)  // nobody waits for ever
#endif
}

init {
  atomic {
    run locker(1, ROUNDS, 0);
    run locker(2, 1, DEADLINE);
#ifdef ASYNC
    run async_locker(3);
#elif N > 2
    run locker(3, 1, 0);
#endif
    run killer()
  }
}

#ifdef LIVE
ltl ends { <> (left == 0) }
#endif
