;; The three loops that take nearly all the time of the codec, on vectors of four. Pointers are bytes
;; of the memory that is imported. `kernels.wasm` is what `wat2wasm kernels.wat` (wabt) makes of this.
(module
  (import "env" "memory" (memory 1))

  ;; out (rows, columns) = x (rows, inner) @ w + bias, of float32. rows is a multiple of 4, columns of
  ;; 8; w is cut into panels of 8 columns, (columns / 8, inner, 8).
  (func (export "multiply")
    (param $x i32) (param $w i32) (param $bias i32) (param $out i32)
    (param $rows i32) (param $inner i32) (param $columns i32)
    (local $panel i32) (local $row i32) (local $weight i32) (local $last i32)
    (local $stride i32) (local $step i32) (local $target i32)
    (local $x0 i32) (local $x1 i32) (local $x2 i32) (local $x3 i32)
    (local $a0 v128) (local $b0 v128) (local $a1 v128) (local $b1 v128)
    (local $a2 v128) (local $b2 v128) (local $a3 v128) (local $b3 v128)
    (local $wa v128) (local $wb v128) (local $value v128)
    (local.set $stride (i32.shl (local.get $inner) (i32.const 2)))
    (local.set $step (i32.shl (local.get $columns) (i32.const 2)))
    (loop $panels
      (local.set $row (i32.const 0))
      (local.set $x0 (local.get $x))
      (local.set $last (i32.add (local.get $w) (i32.shl (local.get $inner) (i32.const 5))))
      (loop $tiles
        (local.set $x1 (i32.add (local.get $x0) (local.get $stride)))
        (local.set $x2 (i32.add (local.get $x1) (local.get $stride)))
        (local.set $x3 (i32.add (local.get $x2) (local.get $stride)))
        (local.set $a0 (v128.load (local.get $bias)))
        (local.set $b0 (v128.load offset=16 (local.get $bias)))
        (local.set $a1 (local.get $a0)) (local.set $b1 (local.get $b0))
        (local.set $a2 (local.get $a0)) (local.set $b2 (local.get $b0))
        (local.set $a3 (local.get $a0)) (local.set $b3 (local.get $b0))
        (local.set $weight (local.get $w))
        (loop $sum
          (local.set $wa (v128.load (local.get $weight)))
          (local.set $wb (v128.load offset=16 (local.get $weight)))
          (local.set $value (v128.load32_splat (local.get $x0)))
          (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $value) (local.get $wa))))
          (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $value) (local.get $wb))))
          (local.set $value (v128.load32_splat (local.get $x1)))
          (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $value) (local.get $wa))))
          (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $value) (local.get $wb))))
          (local.set $value (v128.load32_splat (local.get $x2)))
          (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $value) (local.get $wa))))
          (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (local.get $value) (local.get $wb))))
          (local.set $value (v128.load32_splat (local.get $x3)))
          (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $value) (local.get $wa))))
          (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (local.get $value) (local.get $wb))))
          (local.set $x0 (i32.add (local.get $x0) (i32.const 4)))
          (local.set $x1 (i32.add (local.get $x1) (i32.const 4)))
          (local.set $x2 (i32.add (local.get $x2) (i32.const 4)))
          (local.set $x3 (i32.add (local.get $x3) (i32.const 4)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
          (br_if $sum (i32.lt_u (local.get $weight) (local.get $last))))
        (local.set $target
          (i32.add (local.get $out) (i32.mul (local.get $row) (local.get $step))))
        (v128.store (local.get $target) (local.get $a0))
        (v128.store offset=16 (local.get $target) (local.get $b0))
        (local.set $target (i32.add (local.get $target) (local.get $step)))
        (v128.store (local.get $target) (local.get $a1))
        (v128.store offset=16 (local.get $target) (local.get $b1))
        (local.set $target (i32.add (local.get $target) (local.get $step)))
        (v128.store (local.get $target) (local.get $a2))
        (v128.store offset=16 (local.get $target) (local.get $b2))
        (local.set $target (i32.add (local.get $target) (local.get $step)))
        (v128.store (local.get $target) (local.get $a3))
        (v128.store offset=16 (local.get $target) (local.get $b3))
        (local.set $x0 (local.get $x3)) ;; which has come to the start of the next four rows
        (local.set $row (i32.add (local.get $row) (i32.const 4)))
        (br_if $tiles (i32.lt_u (local.get $row) (local.get $rows))))
      (local.set $w (local.get $last))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $panel (i32.add (local.get $panel) (i32.const 8)))
      (br_if $panels (i32.lt_u (local.get $panel) (local.get $columns)))))

  ;; units (int16) = (sums (int32) + w @ x) >> 8, cut to 0 .. roof, of so many `groups` of four
  ;; units. x holds `pairs` pairs of int16; w is (groups, pairs, 4, 2) of int16.
  (func (export "layer")
    (param $sums i32) (param $w i32) (param $x i32) (param $units i32)
    (param $groups i32) (param $pairs i32) (param $roof i32)
    (local $sum v128) (local $place i32) (local $end i32)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $pairs) (i32.const 2))))
    (loop $each
      (local.set $sum (v128.load (local.get $sums)))
      (local.set $place (local.get $x))
      (loop $pair
        (local.set $sum
          (i32x4.add
            (local.get $sum)
            (i32x4.dot_i16x8_s
              (v128.load (local.get $w))
              (v128.load32_splat (local.get $place)))))
        (local.set $w (i32.add (local.get $w) (i32.const 16)))
        (local.set $place (i32.add (local.get $place) (i32.const 4)))
        (br_if $pair (i32.lt_u (local.get $place) (local.get $end))))
      (local.set $sum
        (i32x4.min_s
          (i32x4.max_s
            (i32x4.shr_s (local.get $sum) (i32.const 8))
            (i32x4.splat (i32.const 0)))
          (i32x4.splat (local.get $roof))))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (v128.store64_lane 0 (local.get $units) (local.get $sum))
      (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
      (local.set $units (i32.add (local.get $units) (i32.const 8)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $each (local.get $groups))))

  ;; sums += weights · size, of so many int32, a multiple of 4.
  (func (export "addScaled")
    (param $sums i32) (param $weights i32) (param $count i32) (param $size i32)
    (local $factor v128) (local $end i32)
    (local.set $factor (i32x4.splat (local.get $size)))
    (local.set $end (i32.add (local.get $sums) (i32.shl (local.get $count) (i32.const 2))))
    (loop $each
      (v128.store
        (local.get $sums)
        (i32x4.add
          (v128.load (local.get $sums))
          (i32x4.mul (v128.load (local.get $weights)) (local.get $factor))))
      (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
      (br_if $each (i32.lt_u (local.get $sums) (local.get $end))))))
