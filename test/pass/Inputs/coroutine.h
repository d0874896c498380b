// What the language wants of <coroutine>: libstdc++'s does not suit clang 14.
namespace std {
template <class R, class...> struct coroutine_traits {
  using promise_type = typename R::promise_type;
};
template <class P = void> struct coroutine_handle;
template <> struct coroutine_handle<void> {
  static coroutine_handle from_address(void *p) { coroutine_handle h; h.p = p; return h; }
  void *address() const { return p; }
  bool done() const { return __builtin_coro_done(p); }
  void resume() const { __builtin_coro_resume(p); }
  void destroy() const { __builtin_coro_destroy(p); }
  void *p = nullptr;
};
template <class P> struct coroutine_handle : coroutine_handle<> {
  static coroutine_handle from_address(void *p) { coroutine_handle h; h.p = p; return h; }
  static coroutine_handle from_promise(P &x) {
    return from_address(__builtin_coro_promise(&x, alignof(P), true));
  }
  P &promise() const { return *(P *)__builtin_coro_promise(p, alignof(P), false); }
};
struct suspend_always {
  bool await_ready() noexcept { return false; }
  void await_suspend(coroutine_handle<>) noexcept {}
  void await_resume() noexcept {}
};
} // namespace std

struct generator {
  struct promise_type {
    int value;
    generator get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int v) { value = v; return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> h;
  ~generator() { h.destroy(); }
};
