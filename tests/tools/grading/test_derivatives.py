"""Derivatives of names, nablas and crosses: none is zero, another, or moved about freely."""

import pytest

from tools.grading import grade_unguarded

WRONG = (
    (r"\frac{\partial f}{\partial x}", r"\frac{\partial f}{\partial y}"),
    (r"\frac{\partial f}{\partial x}", r"0"),
    (
        r"i\hbar\frac{\partial\psi}{\partial t}=H\psi",
        r"-i\hbar\frac{\partial\psi}{\partial t}=H\psi",
    ),
    (r"-\frac{\partial F}{\partial T}", r"-\frac{\partial F}{\partial V}"),
    (r"\frac{\partial S}{\partial V}", r"\frac{\partial P}{\partial T}"),
    (r"\frac{1}{\hbar}\frac{dE}{dk}", r"\frac{1}{\hbar}\frac{dE}{dq}"),
    (r"\frac{d^2f}{dx^2}", r"\frac{df}{dx}"),
    (r"\frac{\partial^2 f}{\partial x^2}", r"\frac{\partial^2 f}{\partial x\partial y}"),
    (
        r"\frac{\partial u}{\partial t}=\frac{\partial^2 u}{\partial x^2}",
        r"\frac{\partial u}{\partial x}=\frac{\partial^2 u}{\partial t^2}",
    ),
    (
        r"\frac{d}{dt}\frac{\partial L}{\partial\dot q}=\frac{\partial L}{\partial q}",
        r"\frac{d}{dt}\frac{\partial L}{\partial\dot q}=0",
    ),
    (r"\partial_t\psi", r"\partial_x\psi"),
    (r"\nabla\cdot\vec{E}", r"\nabla\times\vec{E}"),
    (r"\nabla\cdot\mathbf{E}", r"\nabla\times\mathbf{E}"),
    (r"\nabla\cdot E", r"\nabla\times E"),
    (r"-\partial F/\partial T", r"-\partial F/\partial V"),
    (r"\partial F/\partial T", r"F/T"),
    (r"\partial F/\partial T", r"F T"),
    (r"dE/dk", r"dE/dq"),
    (r"dE/dk", r"E/k"),
    (r"\partial_t \psi", r"\psi"),
    (r"d^2f/dx^2", r"df/dx"),
    (r"dx/dt", r"x/t"),
    (r"\partial S/\partial V", r"\partial P/\partial T"),
    (r"\nabla(fg)", r"g\nabla f"),
    (r"\nabla^2 \phi", r"\nabla\phi"),
    (r"E\cdot\nabla f", r"\nabla\cdot(Ef)"),
    (r"q(E+v\times B)", r"q(E+B\times v)"),
    (r"a × b", r"b\times a"),
)
RIGHT = (
    (r"\frac{1}{\hbar}\frac{dE}{dk}", r"\frac{dE}{dk}/\hbar"),
    (r"\frac{d}{dx}(a x^2)", r"2 a x"),
    (r"\frac{d}{dx} 5", r"0"),
    (r"2\frac{df}{dx}+\frac{df}{dx}", r"3\frac{df}{dx}"),
    (r"\frac{d^2f}{dx^2}", r"\frac{d}{dx}\frac{df}{dx}"),
    (r"-\partial F/\partial T", r"-\frac{\partial F}{\partial T}"),
    (r"\frac{1}{\hbar}dE/dk", r"\frac{1}{\hbar}\frac{dE}{dk}"),
    (r"d/dx(x^2)", r"2x"),
    (r"\nabla\cdot\vec{E}", r"\nabla\cdot\vec{E}"),
    (r"\nabla f g", r"g\nabla f"),
    (r"\nabla^2\phi=-\rho/\epsilon_0", r"\nabla^2\phi=-\frac{\rho}{\epsilon_0}"),
    (r"(v\cdot\nabla)v", r"(v\cdot\nabla)v"),
    (r"a/d", r"\frac{a}{d}"),
    (r"q(E+v\times B)", r"qE+q v\times B"),
    (r"m\times a", "ma"),
    (r"2\times a\times b", "2ab"),
)


@pytest.mark.parametrize(("gold", "answer"), WRONG)
def test_another_derivative_is_not_accepted(gold: str, answer: str) -> None:
    assert grade_unguarded(gold, answer).verdict != "correct"
    assert grade_unguarded(answer, gold).verdict != "correct"


@pytest.mark.parametrize(("gold", "answer"), RIGHT)
def test_the_same_derivative_is_accepted_however_it_is_written(gold: str, answer: str) -> None:
    assert grade_unguarded(gold, answer).verdict == "correct"
